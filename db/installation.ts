import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AuthState } from "./accounts.ts"
import { allPages } from "./pages.ts"
import { SafeInteger } from "./row.ts"
import { one, rows, run } from "./statement.ts"

// What there is to know of an installation that another worker began. Until our migrations ran there, only the app's own
// tables may be asked.

const Tables = Schema.Struct({
  /** The app's tables are there. */
  app: Schema.Boolean,
  /** What the app's migrations note about themselves. */
  appMigrations: Schema.Boolean,
})

export const knownTables = () =>
  one(
    "knownTables",
    Tables,
    (sql) => sql`
      select to_regclass('"packages"') is not null and to_regclass('"telegram_accounts"') is not null as "app",
             to_regclass('"_prisma_migrations"') is not null as "appMigrations"`,
  )

export const AppMigration = Schema.Struct({ name: Schema.String, isApplied: Schema.Boolean })
export type AppMigration = typeof AppMigration.Type

/** The migrations that the app has begun, and whether they came to their end. */
export const appMigrations = () =>
  rows(
    "appMigrations",
    AppMigration,
    (sql) => sql`
      select "migration_name" as "name", bool_or("finished_at" is not null and "rolled_back_at" is null) as "isApplied"
      from "_prisma_migrations" group by "migration_name" order by "migration_name"`,
  )

/** Tables of the app that this role may not change; our migrations add columns, indexes and triggers to some. */
export const tablesOfOthers = () =>
  rows(
    "tablesOfOthers",
    Schema.Struct({ name: Schema.String, owner: Schema.String }),
    (sql) => sql`
      select relname as "name", pg_get_userbyid(relowner) as "owner" from pg_class
      where oid in (to_regclass('"packages"'), to_regclass('"package_files"'), to_regclass('"account_channel_map"'))
        and not pg_has_role(relowner, 'usage')
      union all
      select current_schema(), 'somebody else' where not has_schema_privilege(current_schema(), 'create')`,
  )

/** Sessions that only the former worker has: it listens for the app's requests, or holds an advisory lock. */
export const formerWorkerSessions = () =>
  one(
    "formerWorkerSessions",
    Schema.Struct({ sessions: SafeInteger }),
    (sql) => sql`
      select count(*) as "sessions" from pg_stat_activity
      where datname = current_database() and application_name !~ '^(stash|lock)' and (
        query ~* '^\\s*listen\\s+"?(channel_fetch|generate_invite|create_destination|ingestion_trigger|join_channel|archive_extract|rebuild_packages|manual_upload)'
        or (query ~* 'pg_try_advisory_lock' and pid in (
          select l.pid from pg_locks l join pg_database d on d.oid = l.database
          where l.locktype = 'advisory' and l.granted and d.datname = current_database()
        ))
      )`,
  ).pipe(Effect.map(({ sessions }) => sessions))

/** An account as it was left. */
export const LeftAccount = Schema.Struct({
  id: Schema.String,
  name: Schema.NullOr(Schema.String),
  isActive: Schema.Boolean,
  authState: AuthState,
  /** A cell of ours runs it now. */
  isAlive: Schema.Boolean,
})
export type LeftAccount = typeof LeftAccount.Type

export const leftAccounts = () =>
  rows(
    "leftAccounts",
    LeftAccount,
    (sql) => sql`
      select a."id", a."displayName" as "name", a."isActive", a."authState", exists (
               select from pg_stat_activity b where b.application_name = 'lock:' || a."id"
             ) as "isAlive"
      from "telegram_accounts" a order by a."createdAt", a."id"`,
  )

const Shelf = Schema.Struct({
  packages: SafeInteger,
  /** Without messages in a destination: taken out to be repaired, or lost. */
  unpublished: SafeInteger,
  /** Without metadata. */
  stubs: SafeInteger,
  /** With an invented content hash, by which nothing is recognised. */
  rebuilt: SafeInteger,
  /** Of several parts, with fewer message ids than parts. */
  short: SafeInteger,
  /** In another destination than the present one. */
  elsewhere: SafeInteger,
})
export type Shelf = typeof Shelf.Type

const PACKAGES_AT_ONCE = 2000

/** In an installation as it was left no index of ours is there: the app's own, on the ids, must do. */
const shelfAfter = (id: string) =>
  one(
    "shelf",
    Schema.Struct({ ...Shelf.fields, last: Schema.NullOr(Schema.String) }),
    (sql) => sql`
      select max("id") as "last", count(*) as "packages", count(*) filter (where "destMessageId" is null) as "unpublished",
             count(*) filter (where "fileCount" = 0) as "stubs",
             count(*) filter (where "contentHash" like 'rebuild:%') as "rebuilt",
             count(*) filter (
               where "destMessageId" is not null and "partCount" > 1 and cardinality(coalesce("destMessageIds", '{}')) < "partCount"
             ) as "short",
             count(*) filter (where "destMessageId" is not null and "destChannelId" is distinct from (
               select "value" from "global_settings" where "key" = 'destination_channel_id'
             )) as "elsewhere"
      from (select * from "packages" where "id" > ${id} order by "id" limit ${PACKAGES_AT_ONCE}) p`,
  ).pipe(Effect.map(({ last, ...content }) => ({ content, last: last ?? undefined })))

/** The library in numbers. */
export const shelf = () =>
  Effect.map(allPages("", shelfAfter), (pages) => {
    const total = (of: keyof Shelf) => pages.reduce((sum, page) => sum + page[of], 0)
    return {
      packages: total("packages"),
      unpublished: total("unpublished"),
      stubs: total("stubs"),
      rebuilt: total("rebuilt"),
      short: total("short"),
      elsewhere: total("elsewhere"),
    } satisfies Shelf
  })

const Unfinished = Schema.Struct({
  /** Runs that nobody ended, of accounts that no cell of ours runs. */
  runs: SafeInteger,
  /** Requests of the app that wait, or that somebody began to answer. */
  requests: SafeInteger,
  skipped: SafeInteger,
  /** Topics of forums that have a mark of their own. */
  topics: SafeInteger,
})

/** What the former worker left unfinished. */
export const unfinished = () =>
  one(
    "unfinished",
    Unfinished,
    (sql) => sql`
      select (select count(*) from "ingestion_runs" r where r."status" = 'RUNNING' and not exists (
               select from pg_stat_activity b where b.application_name = 'lock:' || r."accountId"
             )) as "runs",
             (select count(*) from "channel_fetch_requests" where "status" in ('PENDING', 'IN_PROGRESS')) +
             (select count(*) from "archive_extract_requests" where "status" in ('PENDING', 'IN_PROGRESS')) +
             (select count(*) from "manual_uploads" where "status" in ('PENDING', 'PROCESSING')) as "requests",
             (select count(*) from "skipped_packages") as "skipped",
             (select coalesce(sum((
               select count(*) from "topic_progress" t
               where t."accountChannelMapId" = m."id" and t."lastProcessedMessageId" is not null
             )), 0)::bigint from "account_channel_map" m) as "topics"`,
  )

/** Ends the runs that the former worker left behind; those of accounts that a cell of ours runs are that cell's. */
export const endLeftRuns = () =>
  run(
    "endLeftRuns",
    (sql) => sql`
      update "ingestion_runs" r set
        "status" = 'FAILED', "finishedAt" = now(), "errorMessage" = 'the former worker stopped in the middle',
        "currentActivity" = null, "currentStep" = null, "currentChannel" = null, "currentFile" = null,
        "currentFileNum" = null, "totalFiles" = null, "downloadedBytes" = null, "totalBytes" = null, "downloadPercent" = null
      where r."status" = 'RUNNING' and not exists (
        select from pg_stat_activity b where b.application_name = 'lock:' || r."accountId"
      )`,
  )

/** A source that is enabled, and will not be read. */
export const DeafSource = Schema.Struct({
  title: Schema.String,
  chatId: SafeInteger,
  /** `unlinked`: no active account reads it; `no_channel`: a private chat or a small group. */
  why: Schema.Literals(["unlinked", "no_channel"]),
})
export type DeafSource = typeof DeafSource.Type

export const deafSources = () =>
  rows(
    "deafSources",
    DeafSource,
    // TDLib's ids of channels and supergroups lie below -10^12.
    (sql) => sql`
      select c."title", c."telegramId" as "chatId",
             case when c."telegramId" > -1000000000000 then 'no_channel' else 'unlinked' end as "why"
      from "telegram_channels" c
      where c."type" = 'SOURCE' and c."isActive" and (c."telegramId" > -1000000000000 or not exists (
        select from "account_channel_map" m join "telegram_accounts" a on a."id" = m."accountId"
        where m."channelId" = c."id" and m."role" = 'READER' and a."isActive"
      ))
      order by c."title", c."id"`,
  )

/** Publications that are under way: what a worker that goes away leaves half done. */
export const publicationsUnderWay = () =>
  one(
    "publicationsUnderWay",
    Schema.Struct({ publications: SafeInteger }),
    (sql) => sql`select count(*) as "publications" from stash_publications`,
  ).pipe(Effect.map(({ publications }) => publications))
