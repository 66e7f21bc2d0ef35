import { Clock, Effect } from "effect"
import { accountStandings } from "../../db/account-states.ts"
import { type CurrentRun, currentRuns, libraryTotals } from "../../db/library-totals.ts"
import { currentWaits } from "../../db/waits.ts"
import type { Config } from "../config.ts"
import { DiskRoom } from "../disk-room.ts"
import { shownAccount } from "./shown-account.ts"

/** How far a cycle is; `rate` in bytes a second, null while it is not known. */
const shownRun = (run: CurrentRun, rate: number | null) => ({
  since: run.startedAt.toISOString(),
  messagesScanned: run.messagesScanned,
  setsFound: run.zipsFound,
  published: run.zipsIngested,
  duplicates: run.zipsDuplicate,
  step: run.step,
  channel: run.channel,
  file: run.file,
  doneBytes: run.doneBytes,
  totalBytes: run.totalBytes,
  bytesPerSecond: rate,
  secondsLeft:
    rate === null || rate === 0 || run.totalBytes === null || run.doneBytes === null
      ? null
      : Math.ceil((run.totalBytes - run.doneBytes) / rate),
})

/**
 * What came over since an earlier look, by the times at which the account said so itself; null when that look was of
 * something else, or nothing was said since.
 */
export const rateOf = (before: CurrentRun | undefined, now: CurrentRun): number | null => {
  if (before === undefined || before.file !== now.file || before.step !== now.step) return null
  const seconds = (now.saidAt.getTime() - before.saidAt.getTime()) / 1000
  const bytes = (now.doneBytes ?? 0) - (before.doneBytes ?? 0)
  return seconds <= 0 || bytes < 0 ? null : Math.round(bytes / seconds)
}

const freeBelow = Effect.fn("freeBelow")(function* (folder: string) {
  const roomOf = yield* DiskRoom
  return yield* Effect.catch(
    Effect.tryPromise(() => roomOf(folder)),
    () => Effect.succeed(null),
  )
})

/** What was seen of the cycles that run, to be compared with at the next look. */
export type SeenRuns = ReadonlyMap<string, { readonly run: CurrentRun; readonly rate: number | null }>

/** Everything at one look. */
export const lookAtStatus = Effect.fn("lookAtStatus")(function* (config: Config, earlier: SeenRuns) {
  const [standings, waits, runs, totals] = yield* Effect.all([
    accountStandings(),
    currentWaits(),
    currentRuns(),
    libraryTotals(),
  ])
  const seen = new Map(
    runs.map((run) => {
      const before = earlier.get(run.accountId)
      // Between two words of an account its last rate holds.
      const isSilent = before !== undefined && before.run.saidAt.getTime() === run.saidAt.getTime()
      return [run.accountId, isSilent ? before : { run, rate: rateOf(before?.run, run) }] as const
    }),
  )
  const accounts = standings.map((account) => {
    const entry = account.isAlive ? seen.get(account.id) : undefined
    return {
      ...shownAccount(
        account,
        waits.filter(({ accountId }) => accountId === account.id),
      ),
      run: entry === undefined ? null : shownRun(entry.run, entry.rate),
    }
  })
  const { claimedSets, deferredSets, missingPackages, packageBytes, packages, skippedSets, waitingSets, workers } =
    totals
  return {
    seen: seen as SeenRuns,
    status: {
      time: new Date(yield* Clock.currentTimeMillis).toISOString(),
      workers,
      library: { packages, bytes: packageBytes, missing: missingPackages },
      sets: { claimed: claimedSets, deferred: deferredSets, waiting: waitingSets, skipped: skippedSets },
      disk: { folder: config.tempDirectory, freeBytes: yield* freeBelow(config.tempDirectory) },
      accounts,
    },
  }
})
export type Status = Effect.Success<ReturnType<typeof lookAtStatus>>["status"]
