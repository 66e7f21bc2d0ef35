import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { storable } from "./row.ts"
import { run } from "./statement.ts"

/** The post that a package was made from: of its set's first message. */
export const PackagePost = Schema.Struct({
  /** Unix seconds. */
  date: Schema.Int,
  senderId: Schema.NullOr(Schema.String),
  albumId: Schema.NullOr(Schema.String),
})
export type PackagePost = typeof PackagePost.Type

/** Notes the post of a package. One that is noted already stays. */
export const notePackagePost = (packageId: string, sourceChannelId: string, post: PackagePost) =>
  run(
    "notePackagePost",
    (sql) => sql`
      insert into stash_package_posts ("packageId", "sourceChannelId", "postedAt", "senderId", "albumId")
      values (${packageId}, ${sourceChannelId}, to_timestamp(${post.date}), ${post.senderId}, ${post.albumId})
      on conflict ("packageId") do nothing`,
  ).pipe(Effect.asVoid)

/** Notes the folder in which most of a package's files lie. */
export const noteRootFolder = (packageId: string, rootFolder: string) =>
  run(
    "noteRootFolder",
    (sql) => sql`
      update stash_package_posts set "rootFolder" = ${storable(rootFolder)} where "packageId" = ${packageId}`,
  ).pipe(Effect.asVoid)
