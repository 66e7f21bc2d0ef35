import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { one, run } from "./statement.ts"

export interface RunCounters {
  readonly messagesScanned: number
  readonly zipsFound: number
  readonly zipsDuplicate: number
  readonly zipsIngested: number
}

/** What the app shows of a running cycle. */
export interface RunActivity {
  /** A sentence for people. */
  readonly currentActivity: string | null
  /** One of the app's step names: connecting, scanning, downloading, hashing, uploading, ... */
  readonly currentStep: string | null
  /** Its title. */
  readonly currentChannel: string | null
  readonly currentFile: string | null
  /** 1 for the first. */
  readonly currentFileNum: number | null
  readonly totalFiles: number | null
  readonly downloadedBytes: number | null
  readonly totalBytes: number | null
  /** 0 to 100. */
  readonly downloadPercent: number | null
}

const counterNames = ["messagesScanned", "zipsFound", "zipsDuplicate", "zipsIngested"] as const
const activityNames = [
  "currentActivity",
  "currentStep",
  "currentChannel",
  "currentFile",
  "currentFileNum",
  "totalFiles",
  "downloadedBytes",
  "totalBytes",
  "downloadPercent",
] as const
const progressNames = [...counterNames, ...activityNames]

/** Begins a run and answers with its id. */
export const startRun = (accountId: string) =>
  one(
    "startRun",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      insert into "ingestion_runs" ("id", "accountId", "lastActivityAt")
      values (gen_random_uuid()::text, ${accountId}, now()) returning "id"`,
  ).pipe(Effect.map(({ id }) => id))

/** Writes what is given: null clears a field, an absent field stays. Does nothing to a run that has ended. */
export const updateRun = (runId: string, progress: Partial<RunCounters & RunActivity>) => {
  const given = Object.fromEntries(
    progressNames.flatMap((name) => (progress[name] === undefined ? [] : [[name, progress[name]]])),
  )
  return run("updateRun", (sql) => {
    const signOfLife = sql`"lastActivityAt" = now() where "id" = ${runId} and "status" = 'RUNNING'`
    return Object.keys(given).length === 0
      ? sql`update "ingestion_runs" set ${signOfLife}`
      : sql`update "ingestion_runs" set ${sql(given)}, ${signOfLife}`
  }).pipe(Effect.asVoid)
}

/** Ends a run; nothing of its activity is left to be shown. */
export const finishRun = (
  runId: string,
  end: Partial<RunCounters> & {
    readonly status: "COMPLETED" | "FAILED" | "CANCELLED"
    readonly errorMessage: string | null
  },
) => {
  const given = Object.fromEntries(counterNames.flatMap((name) => (end[name] === undefined ? [] : [[name, end[name]]])))
  return run(
    "finishRun",
    (sql) => sql`
      update "ingestion_runs" set
        ${sql({ ...given, ...noActivity, errorMessage: end.errorMessage })},
        "status" = ${end.status}::"IngestionStatus", "finishedAt" = now(), "lastActivityAt" = now()
      where "id" = ${runId} and "status" = 'RUNNING'`,
  ).pipe(Effect.asVoid)
}

/** Ends the runs that an earlier life of this account left behind. To be called under the account's lock. */
export const failStaleRuns = (accountId: string) =>
  run(
    "failStaleRuns",
    (sql) => sql`
      update "ingestion_runs" set
        ${sql(noActivity)}, "status" = 'FAILED', "finishedAt" = now(), "errorMessage" = 'the worker stopped in the middle'
      where "accountId" = ${accountId} and "status" = 'RUNNING'`,
  ).pipe(Effect.asVoid)

/** Longer than a run that is alive is ever silent. */
const SILENT_MINUTES = 10

/**
 * Ends the runs that nobody has worked on for minutes, of accounts that may never run again: parked, switched off, or another
 * worker's that is gone. Answers with how many those were.
 */
export const failAbandonedRuns = () =>
  run(
    "failAbandonedRuns",
    (sql) => sql`
      update "ingestion_runs" set
        ${sql(noActivity)}, "status" = 'FAILED', "finishedAt" = now(), "errorMessage" = 'the worker stopped in the middle'
      where "status" = 'RUNNING'
        and coalesce("lastActivityAt", "startedAt") < now() - make_interval(mins => ${SILENT_MINUTES})`,
  )

const noActivity = Object.fromEntries(activityNames.map((name) => [name, null]))
