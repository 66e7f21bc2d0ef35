import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Sql } from "./database.ts"
import { arrayLiteral, storable } from "./row.ts"
import { run, transaction } from "./statement.ts"

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

/** The messages that a package was made from, as they are found again. */
export interface FoundPost {
  readonly packageId: string
  readonly sourceChannelId: string
  /** Of all volumes. */
  readonly messageIds: ReadonlyArray<number>
  readonly sourceTopicId: number | null
  readonly sourceCaption: string | null
  readonly replyToMessageId: number | null
  readonly post?: PackagePost
}

/**
 * Makes up for what was not noted of a package when it was published: what its messages say, and its post, so that it is
 * grouped like a new one. One that is in a group was put there by others, and stays theirs. Nothing happens to a package that
 * was made from other messages.
 */
export const noteFoundPost = ({ messageIds, packageId, post, sourceChannelId, ...said }: FoundPost) =>
  transaction(
    "noteFoundPost",
    Effect.gen(function* () {
      const isSource = yield* run(
        "noteFoundWords",
        (sql) => sql`
          update "packages" set
            "sourceCaption" = coalesce("sourceCaption", ${said.sourceCaption === null ? null : storable(said.sourceCaption)}),
            "replyToMessageId" = coalesce("replyToMessageId", ${said.replyToMessageId}),
            "sourceTopicId" = coalesce("sourceTopicId", ${said.sourceTopicId})
          where "id" = ${packageId} and "sourceChannelId" = ${sourceChannelId}
            and "sourceMessageId" = any(${arrayLiteral(messageIds)}::bigint[])`,
      )
      if (isSource === 0 || post === undefined) return
      yield* run(
        "noteFoundPost",
        (sql) => sql`
          insert into stash_package_posts ("packageId", "sourceChannelId", "postedAt", "senderId", "albumId", "groupedAt")
          select "id", "sourceChannelId", to_timestamp(${post.date}), ${post.senderId}, ${post.albumId},
                 case when "packageGroupId" is not null then now() end
          from "packages" where "id" = ${packageId}
          on conflict ("packageId") do nothing`,
      )
    }),
  )
