import * as Schema from "effect/Schema"
import { ClaimState } from "./claims.ts"
import { SafeInteger } from "./row.ts"
import { first, rows } from "./statement.ts"

/** One place where a content was seen: a set of a channel. */
export const Place = Schema.Struct({
  sourceChannelId: Schema.String,
  channelTitle: Schema.String,
  firstMessageId: SafeInteger,
  setName: Schema.String,
  state: ClaimState,
  firstSeenAt: Schema.Date,
})
export type Place = typeof Place.Type

/** Every place where a content was seen, the earliest first: where it was published from, and its duplicates. */
export const placesOf = (contentHash: string) =>
  rows(
    "placesOf",
    Place,
    (sql) => sql`
      select k."sourceChannelId", c."title" as "channelTitle", k."firstMessageId", k."setName", k."state", k."firstSeenAt"
      from stash_claims k join "telegram_channels" c on c."id" = k."sourceChannelId"
      where k."contentHash" = ${contentHash}
      order by k."firstSeenAt", k."sourceChannelId", k."firstMessageId"`,
  )

/** The published content that consists of just these files, which were seen elsewhere. None: they are new. */
export const contentOfFiles = (fileKey: string) =>
  first(
    "contentOfFiles",
    Schema.Struct({ contentHash: Schema.String, fileName: Schema.String }),
    (sql) => sql`
      select p."contentHash", p."fileName"
      from stash_claims k join "packages" p on p."contentHash" = k."contentHash"
      where k."fileKey" = ${fileKey} and k."state" in ('published', 'duplicate') and p."destMessageId" is not null
      limit 1`,
  )

/** Whoever claimed a set of just these files before `token` and still works on it. */
export const earlierWorkOn = (fileKey: string, token: number) =>
  first(
    "earlierWorkOn",
    Schema.Struct({ setName: Schema.String, channelTitle: Schema.String }),
    (sql) => sql`
      select k."setName", c."title" as "channelTitle"
      from stash_claims k join "telegram_channels" c on c."id" = k."sourceChannelId"
      where k."fileKey" = ${fileKey} and k."state" = 'claimed' and k."token" < ${token} and k."leaseUntil" > now()
      order by k."token" limit 1`,
  )
