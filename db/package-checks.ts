import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { arrayLiteral, SafeInteger, storable } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** A destination that holds packages which nobody has looked at for so long. */
const DestinationToVerify = Schema.Struct({ channelId: Schema.String, chatId: SafeInteger, title: Schema.String })

/**
 * The condition that a package is due: its messages were confirmed when it was published, and are looked for again every
 * so many hours. The database itself keeps a row for every published package (migrations/0014_adopt.sql).
 */
const isDue = (sql: Parameters<Parameters<typeof rows>[2]>[0], hours: number) => sql`
  k."checkedAt" < now() - make_interval(hours => ${hours})`

export const destinationsToVerify = (hours: number) =>
  rows(
    "destinationsToVerify",
    DestinationToVerify,
    (sql) => sql`
      select c."id" as "channelId", c."telegramId" as "chatId", c."title"
      from "telegram_channels" c
      where exists (select from stash_package_checks k where k."destChannelId" = c."id" and ${isDue(sql, hours)})
      order by c."id"`,
  )

const PackageToVerify = Schema.Struct({
  id: Schema.String,
  fileName: Schema.String,
  /** Bytes of all its messages together. */
  fileSize: SafeInteger,
  /** In the order of the parts. */
  messageIds: Schema.Array(SafeInteger),
})
export type PackageToVerify = typeof PackageToVerify.Type

/** Packages of a destination (by its row) whose messages are to be looked for, the longest unseen first. */
export const packagesToVerify = (destChannelId: string, hours: number, limit: number) =>
  rows(
    "packagesToVerify",
    PackageToVerify,
    (sql) => sql`
      select p."id", p."fileName", p."fileSize", to_jsonb(
        case when cardinality(coalesce(p."destMessageIds", '{}')) > 0 then p."destMessageIds"
             else array[p."destMessageId"] end
      ) as "messageIds"
      from stash_package_checks k join "packages" p on p."id" = k."packageId"
      where k."destChannelId" = ${destChannelId} and ${isDue(sql, hours)}
      order by k."checkedAt", k."packageId" limit ${limit}`,
  )

const PublishedPackage = Schema.Struct({
  ...PackageToVerify.fields,
  contentHash: Schema.String,
  /** TDLib's id of the chat that it is in. */
  chatId: SafeInteger,
})
export type PublishedPackage = typeof PublishedPackage.Type

/** Packages by their ids, those that are in a destination. */
export const publishedPackages = (ids: ReadonlyArray<string>) =>
  rows(
    "publishedPackages",
    PublishedPackage,
    (sql) => sql`
      select p."id", p."fileName", p."fileSize", p."contentHash", c."telegramId" as "chatId", to_jsonb(
        case when cardinality(coalesce(p."destMessageIds", '{}')) > 0 then p."destMessageIds"
             else array[p."destMessageId"] end
      ) as "messageIds"
      from "packages" p join "telegram_channels" c on c."id" = p."destChannelId"
      where p."id" = any(${arrayLiteral(ids)}::text[]) and p."destMessageId" is not null
      order by p."id"`,
  )

/** Packages that are in a destination, by id, after one of them ("" for the first). */
export const packagesAfter = (id: string, limit: number) =>
  rows(
    "packagesAfter",
    Schema.Struct({ id: Schema.String, fileName: Schema.String, fileSize: SafeInteger, contentHash: Schema.String }),
    (sql) => sql`
      select "id", "fileName", "fileSize", "contentHash" from "packages"
      where "id" > ${id} and "destMessageId" is not null and "destChannelId" is not null order by "id" limit ${limit}`,
  )

/**
 * Notes what was found of a package's messages: null when all are there, else what is wrong, in words for an operator.
 * One that was whole before is told to the web app. True: it is newly missing.
 */
export const noteVerified = (verified: { readonly id: string; readonly problem: string | null }) =>
  transaction(
    "noteVerified",
    Effect.gen(function* () {
      const before = yield* first(
        "wasMissing",
        Schema.Struct({ isMissing: Schema.Boolean }),
        (sql) => sql`
          select "missingSince" is not null as "isMissing" from stash_package_checks
          where "packageId" = ${verified.id} for update`,
      )
      yield* run(
        "noteVerified",
        (sql) => sql`
          insert into stash_package_checks as k ("packageId", "destChannelId", "checkedAt", "missingSince", "problem")
          select p."id", p."destChannelId", now(), case when ${verified.problem}::text is null then null else now() end, ${verified.problem}
          from "packages" p where p."id" = ${verified.id}
          on conflict ("packageId") do update set
            "checkedAt" = now(), "problem" = excluded."problem",
            "missingSince" = case when excluded."problem" is null then null
                                  else coalesce(k."missingSince", now()) end`,
      )
      const isNews = verified.problem !== null && !(before._tag === "Some" && before.value.isMissing)
      if (isNews) yield* tellApp(verified.id, verified.problem ?? "")
      return isNews
    }),
  )

/** The app shows notifications in its bell; it can repair a package from there. */
const tellApp = (packageId: string, problem: string) =>
  run(
    "tellApp",
    (sql) => sql`
      insert into "system_notifications" ("id", "type", "severity", "title", "message", "context")
      select gen_random_uuid()::text, 'MISSING_PART', 'WARNING', ${"Missing in the destination: "} || p."fileName",
             ${storable(problem)}, jsonb_build_object('packageId', p."id", 'fileName', p."fileName")
      from "packages" p where p."id" = ${packageId}`,
  )

export const MissingPackage = Schema.Struct({
  id: Schema.String,
  contentHash: Schema.String,
  fileName: Schema.String,
  fileSize: SafeInteger,
  missingSince: Schema.Date,
  problem: Schema.String,
})
export type MissingPackage = typeof MissingPackage.Type

/** Packages whose messages were not found at the last look, the longest missing first. */
export const missingPackages = () =>
  rows(
    "missingPackages",
    MissingPackage,
    (sql) => sql`
      select p."id", p."contentHash", p."fileName", p."fileSize", k."missingSince", k."problem"
      from stash_package_checks k join "packages" p on p."id" = k."packageId"
      where k."missingSince" is not null order by k."missingSince", p."id"`,
  )
