import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { callAccounts } from "./channels.ts"
import { ArchiveType } from "./packages.ts"
import { arrayLiteral, SafeInteger, storable } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** A package whose files are to be listed: one that was never listed, or one that somebody wants listed again. */
export const PackageToList = Schema.Struct({
  id: Schema.String,
  contentHash: Schema.String,
  fileName: Schema.String,
  /** Bytes of all volumes. */
  fileSize: SafeInteger,
  archiveType: ArchiveType,
  fileCount: Schema.Int,
  hasPreview: Schema.Boolean,
  /** Of earlier tries. */
  attempts: Schema.Int,
  /** Somebody wants it, or it failed before. */
  isRequested: Schema.Boolean,
  source: Schema.Struct({
    channelId: Schema.String,
    /** TDLib's chat id. */
    chatId: SafeInteger,
    title: Schema.String,
    category: Schema.NullOr(Schema.String),
    isForum: Schema.Boolean,
    /** Whether the account reads it. */
    isRead: Schema.Boolean,
    firstMessageId: SafeInteger,
    /** Of all volumes, as far as that is known. */
    messageIds: Schema.Array(SafeInteger),
    /** Which files those held when they were published (accounts/ingest/file-key.ts). */
    fileKey: Schema.NullOr(Schema.String),
  }),
  /** Null: its channel is gone. */
  destChatId: Schema.NullOr(SafeInteger),
  /** In the order of the parts. */
  destMessageIds: Schema.Array(SafeInteger),
})
export type PackageToList = typeof PackageToList.Type

type SqlOf = Parameters<Parameters<typeof rows>[2]>[0]

const isDue = (sql: SqlOf) => sql`
  p."destMessageId" is not null
  and case when r."packageId" is null then p."fileCount" = 0 else r."retryAt" <= now() end`

const selectToList = (sql: SqlOf, accountId: string) => sql`
  select p."id", p."contentHash", p."fileName", p."fileSize", p."archiveType", p."fileCount",
         p."previewData" is not null as "hasPreview", coalesce(r."attempts", 0) as "attempts",
         r."packageId" is not null as "isRequested",
         jsonb_build_object(
           'channelId', c."id", 'chatId', c."telegramId", 'title', c."title", 'category', c."category", 'isForum', c."isForum",
           'isRead', exists (
             select from "account_channel_map" m
             where m."channelId" = c."id" and m."accountId" = ${accountId} and m."role" = 'READER'
           ),
           'firstMessageId', p."sourceMessageId",
           'messageIds', to_jsonb(coalesce(s."messageIds", array[p."sourceMessageId"])), 'fileKey', k."fileKey"
         ) as "source",
         d."telegramId" as "destChatId",
         to_jsonb(case when cardinality(coalesce(p."destMessageIds", '{}')) > 0 then p."destMessageIds"
                       else array[p."destMessageId"] end) as "destMessageIds"
  from "packages" p
    join "telegram_channels" c on c."id" = p."sourceChannelId"
    left join "telegram_channels" d on d."id" = p."destChannelId"
    left join stash_relists r on r."packageId" = p."id"
    left join stash_claims k on k."sourceChannelId" = p."sourceChannelId" and k."firstMessageId" = p."sourceMessageId"
      and k."contentHash" = p."contentHash"
    left join stash_set_messages s on s."sourceChannelId" = p."sourceChannelId"
      and s."firstMessageId" = p."sourceMessageId" and k."contentHash" is not null`

/** Packages that an account may list now: those that somebody wants first, then the longest pending. */
export const packagesToList = (accountId: string, limit: number) =>
  rows(
    "packagesToList",
    PackageToList,
    (sql) => sql`
      with due as (
        (select r."packageId", 0 as "rank", r."requestedAt" as "since" from stash_relists r
         where r."retryAt" <= now() order by r."requestedAt" limit ${limit})
        union all
        (select p."id", 1, p."indexedAt" at time zone 'UTC' from "packages" p
         where p."fileCount" = 0 and p."destMessageId" is not null
           and not exists (select from stash_relists r where r."packageId" = p."id")
         order by p."indexedAt" limit ${limit})
      )
      ${selectToList(sql, accountId)} join due on due."packageId" = p."id"
      where ${isDue(sql)}
      order by due."rank", due."since", p."id" limit ${limit}`,
  )

/** The same of one package; none: nothing is to be done (any more). */
export const packageToList = (accountId: string, packageId: string) =>
  first(
    "packageToList",
    PackageToList,
    (sql) => sql`${selectToList(sql, accountId)} where p."id" = ${packageId} and ${isDue(sql)}`,
  )

/** Wants packages listed again, with all their tries. Calls the accounts. Answers with how many those are. */
export const wantRelisted = (packageIds: ReadonlyArray<string>) =>
  transaction(
    "wantRelisted",
    Effect.gen(function* () {
      const wanted = yield* run(
        "wantRelisted",
        (sql) => sql`
          insert into stash_relists ("packageId")
          select "id" from "packages"
          where "id" = any(${arrayLiteral(packageIds)}::text[]) and "destMessageId" is not null
          on conflict ("packageId") do update set "requestedAt" = now(), "attempts" = 0, "retryAt" = now(), "problem" = null`,
      )
      if (wanted > 0) yield* callAccounts()
      return wanted
    }),
  )

/** Tries a package again later that could not be listed, and keeps why. */
export const putListingOff = (listing: {
  readonly packageId: string
  readonly problem: string
  readonly retryAfterSeconds: number
}) =>
  run(
    "putListingOff",
    (sql) => sql`
      insert into stash_relists as r ("packageId", "attempts", "retryAt", "problem")
      values (${listing.packageId}, 1, now() + make_interval(secs => ${listing.retryAfterSeconds}),
              ${storable(listing.problem)})
      on conflict ("packageId") do update set
        "attempts" = r."attempts" + 1, "retryAt" = excluded."retryAt", "problem" = excluded."problem"`,
  ).pipe(Effect.asVoid)

/**
 * Gives a package that an earlier worker had found without its hash the real one. False: another package has that content, or it is
 * being published now.
 */
export const noteRealHash = (packageId: string, contentHash: string) =>
  run(
    "noteRealHash",
    (sql) => sql`
      update "packages" set "contentHash" = ${contentHash}
      where "id" = ${packageId} and "contentHash" !~ '^[0-9a-f]{64}$'
        and not exists (select from "packages" where "contentHash" = ${contentHash})
        and not exists (select from stash_publications where "contentHash" = ${contentHash})`,
  ).pipe(Effect.map((written) => written > 0))

/** The package has been listed. */
export const endListing = (packageId: string) =>
  run("endListing", (sql) => sql`delete from stash_relists where "packageId" = ${packageId}`).pipe(Effect.asVoid)

const UnlistedPackage = Schema.Struct({
  id: Schema.String,
  fileName: Schema.String,
  fileSize: SafeInteger,
  archiveType: ArchiveType,
})

/** The published packages whose files were never listed, the longest pending first. */
export const unlistedPackages = () =>
  rows(
    "unlistedPackages",
    UnlistedPackage,
    (sql) => sql`
      select "id", "fileName", "fileSize", "archiveType" from "packages"
      where "fileCount" = 0 and "destMessageId" is not null order by "indexedAt", "id"`,
  )
