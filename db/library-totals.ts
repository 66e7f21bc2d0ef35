import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { one, rows } from "./statement.ts"
import { SUPERVISOR_APPLICATION } from "./supervisors.ts"

export const LibraryTotals = Schema.Struct({
  packages: SafeInteger,
  packageBytes: SafeInteger,
  /** Whose messages were gone at the last look. */
  missingPackages: SafeInteger,
  /** Sets that are worked on now, wait to be tried again, wait for more volumes, and were given up. */
  claimedSets: SafeInteger,
  deferredSets: SafeInteger,
  waitingSets: SafeInteger,
  skippedSets: SafeInteger,
  /** Supervisors that hear calls and orders now. */
  workers: SafeInteger,
})
export type LibraryTotals = typeof LibraryTotals.Type

/** How much there is of everything. */
export const libraryTotals = () =>
  one(
    "libraryTotals",
    LibraryTotals,
    (sql) => sql`
      select p.*, c.*, (select count(*) from stash_package_checks where "missingSince" is not null) as "missingPackages",
             (select count(*) from "skipped_packages") as "skippedSets",
             (select count(*) from pg_stat_activity
              where datname = current_database() and application_name = ${`${SUPERVISOR_APPLICATION} listen`}
             ) as "workers"
      from (
        select coalesce(sum("count"), 0)::bigint as "packages", coalesce(sum("bytes"), 0)::bigint as "packageBytes"
        from stash_tallies where "of" = 'packages'
      ) p, (
        select count(*) filter (where "state" = 'claimed') as "claimedSets",
               count(*) filter (where "state" = 'deferred') as "deferredSets",
               count(*) filter (where "state" = 'waiting') as "waitingSets"
        from stash_claims where "state" in ('claimed', 'deferred', 'waiting')
      ) c`,
  )

/** A cycle that is under way, as its account last said. */
export const CurrentRun = Schema.Struct({
  accountId: Schema.String,
  startedAt: Schema.Date,
  saidAt: Schema.Date,
  messagesScanned: Schema.Int,
  zipsFound: Schema.Int,
  zipsDuplicate: Schema.Int,
  zipsIngested: Schema.Int,
  /** The app's word for what is done now, as downloading or uploading. */
  step: Schema.NullOr(Schema.String),
  channel: Schema.NullOr(Schema.String),
  file: Schema.NullOr(Schema.String),
  doneBytes: Schema.NullOr(SafeInteger),
  totalBytes: Schema.NullOr(SafeInteger),
})
export type CurrentRun = typeof CurrentRun.Type

/** The cycles that are under way, the newest of each account. */
export const currentRuns = () =>
  rows(
    "currentRuns",
    CurrentRun,
    (sql) => sql`
      select distinct on ("accountId") "accountId", "startedAt", coalesce("lastActivityAt", "startedAt") as "saidAt",
             "messagesScanned", "zipsFound", "zipsDuplicate", "zipsIngested", "currentStep" as "step",
             "currentChannel" as "channel", "currentFile" as "file", "downloadedBytes" as "doneBytes", "totalBytes"
      from "ingestion_runs" where "status" = 'RUNNING' order by "accountId", "startedAt" desc, "id"`,
  )
