import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Stage } from "../../src/channel/account-rpcs.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** TDLib tells of every part; people and databases need to hear four times a second. */
const INTERVAL_MILLIS = 250

/**
 * Tells how far a stage of a set is, out of a listener that hears of every part: what comes too soon after the last is not
 * even reported, but for the newest of it, a little later. Nothing is told after the scope's end.
 */
export const progressTeller = Effect.fn("progressTeller")(function* (work: SetWork, stage: Stage) {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context())
  let toldAt = Number.NEGATIVE_INFINITY
  let newest: number | undefined
  const tell = Effect.suspend(() => {
    const doneBytes = newest ?? 0
    newest = undefined
    toldAt = clock.currentTimeMillisUnsafe()
    return reportProgress(work, stage, doneBytes)
  })
  return (doneBytes: number): void => {
    const isAwaited = newest !== undefined
    newest = doneBytes
    if (isAwaited) return
    const waiting = Math.max(toldAt + INTERVAL_MILLIS - clock.currentTimeMillisUnsafe(), 0)
    runFork(Effect.forkIn(Effect.delay(tell, waiting), scope))
  }
})
