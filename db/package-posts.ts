import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Sql } from "./database.ts"
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

/** Notes the post of a package, if it is known. One that is noted already stays. As a part of another statement. */
export const notingPackagePost = (
  sql: Sql,
  packageId: string,
  sourceChannelId: string,
  post: PackagePost | undefined,
) => sql`
  insert into stash_package_posts ("packageId", "sourceChannelId", "postedAt", "senderId", "albumId")
  select ${packageId}, ${sourceChannelId}, to_timestamp(${post?.date ?? null}::float8), ${post?.senderId ?? null},
         ${post?.albumId ?? null}
  where ${post !== undefined}
  on conflict ("packageId") do nothing`

/** The same, by itself. */
export const notePackagePost = (packageId: string, sourceChannelId: string, post: PackagePost) =>
  run("notePackagePost", (sql) => notingPackagePost(sql, packageId, sourceChannelId, post)).pipe(Effect.asVoid)

/** Notes the folder in which most of a package's files lie. */
export const noteRootFolder = (packageId: string, rootFolder: string) =>
  run(
    "noteRootFolder",
    (sql) => sql`
      update stash_package_posts set "rootFolder" = ${storable(rootFolder)} where "packageId" = ${packageId}`,
  ).pipe(Effect.asVoid)
