import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** TDLib tells of every part; people and databases need to hear four times a second. */
const INTERVAL_MILLIS = 250

/** Lets every event pass but progress of the same set and stage that comes too soon after the last. */
export const throttleProgress = (
  report: (event: CycleEvent) => Effect.Effect<void>,
): ((event: CycleEvent) => Effect.Effect<void>) => {
  const last = new Map<string, { readonly stage: string; readonly time: number }>()
  return (event) =>
    Effect.flatMap(Clock.currentTimeMillis, (time) => {
      if (event._tag === "SetLeft" || event._tag === "SetKnown") last.delete(event.setKey)
      if (event._tag === "SetProgress") {
        const before = last.get(event.setKey)
        if (before?.stage === event.stage && time - before.time < INTERVAL_MILLIS) return Effect.void
        last.set(event.setKey, { stage: event.stage, time })
      }
      return report(event)
    })
}

/**
 * Tells how far a stage of a set is, out of a listener that hears of every part: what comes too soon after the last is not
 * even reported.
 */
export const progressTeller = Effect.fn("progressTeller")(function* (work: SetWork, stage: Stage) {
  const clock = yield* Clock.Clock
  const runFork = Effect.runForkWith(yield* Effect.context())
  let toldAt = Number.NEGATIVE_INFINITY
  return (doneBytes: number): void => {
    const now = clock.currentTimeMillisUnsafe()
    if (now - toldAt < INTERVAL_MILLIS) return
    toldAt = now
    runFork(reportProgress(work, stage, doneBytes))
  }
})
