import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import { sourcesOf } from "../../db/channels.ts"
import { failStaleRuns, finishRun, startRun, updateRun } from "../../db/runs.ts"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { logEvent } from "../../src/log-line.ts"
import { Drain } from "./drain.ts"
import { type Beside, RunProgress } from "./run-activity.ts"

const WRITE_EVERY = "2 seconds"
/** A run that does not say that it is alive for longer than a few of these is taken for dead (db/runs.ts). */
const SIGN_OF_LIFE_MILLIS = 60_000

/** What the app shows as a run's error: words, without a stack. */
const words = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** How a run is said to have ended. */
const endOf = (exit: Exit.Exit<unknown, unknown>, isDraining: boolean) => {
  if (Exit.isFailure(exit))
    return Cause.hasInterruptsOnly(exit.cause)
      ? ({ status: "CANCELLED", errorMessage: "the worker, or the account, was stopped" } as const)
      : ({ status: "FAILED", errorMessage: words(exit.cause) } as const)
  return isDraining
    ? ({ status: "CANCELLED", errorMessage: "ended before its end: the account was paused or stopped" } as const)
    : ({ status: "COMPLETED", errorMessage: null } as const)
}

/**
 * The row in `ingestion_runs` that the app watches: counters and what happens now, written at most every two seconds.
 * A progress row that cannot be written is logged and never stops an archive (W-39).
 */
export const recordRun = Effect.fn("recordRun")(function* (accountId: string) {
  yield* failStaleRuns(accountId)
  const id = yield* startRun(accountId)
  const drain = yield* Drain
  const titles = (yield* sourcesOf(accountId)).map(({ channelId, title }) => [channelId, title] as const)
  const progress = new RunProgress(new Map(titles))
  let isDirty = true
  let writtenAt = yield* Clock.currentTimeMillis

  const write = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (!isDirty && now - writtenAt < SIGN_OF_LIFE_MILLIS) return
    isDirty = false
    writtenAt = now
    yield* updateRun(id, { ...progress.counters, ...progress.activity })
  }).pipe(
    Effect.catch((error) => logEvent.warn("run.unwritten", "Progress could not be written", { error: error.message })),
  )
  yield* write.pipe(Effect.repeat(Schedule.spaced(WRITE_EVERY)), Effect.forkScoped)

  const apply = (change: () => void) =>
    Effect.sync(() => {
      change()
      isDirty = true
    })
  return {
    id,
    note: (event: CycleEvent) => apply(() => progress.note(event)),
    /** Says what the cycle does while no set is on its way. */
    stand: (beside: Beside) => apply(() => progress.stand(beside)),
    finish: (exit: Exit.Exit<unknown, unknown>) =>
      Effect.suspend(() => finishRun(id, { ...endOf(exit, drain.isDraining()), ...progress.counters })).pipe(
        Effect.timeout("3 seconds"),
        Effect.catch((error) =>
          logEvent.warn("run.unwritten", "The run could not be closed", { error: error.message }),
        ),
      ),
  }
})
export type RunRecord = Effect.Success<ReturnType<typeof recordRun>>
