import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** TDLib tells of every part; people and databases need to hear four times a second. */
const INTERVAL_MILLIS = 250

interface Told {
  readonly stage: string
  /** When it was told. */
  readonly time: number
  /** The newest progress that came too soon after it. */
  held: CycleEvent | undefined
}

/**
 * Lets every event pass but progress of the same set and stage that comes too soon after the last: of that the newest
 * passes a little later, so that what stands still is shown as far as it has come. Nothing is told after the scope's end.
 */
export const throttleProgress = Effect.fn("throttleProgress")(function* (
  report: (event: CycleEvent) => Effect.Effect<void>,
) {
  const scope = yield* Effect.scope
  const last = new Map<string, Told>()

  const tellHeld = Effect.fnUntraced(function* (setKey: string, told: Told, waiting: number) {
    yield* Effect.sleep(waiting)
    const event = last.get(setKey) === told ? told.held : undefined
    if (event === undefined) return
    last.set(setKey, { stage: told.stage, time: yield* Clock.currentTimeMillis, held: undefined })
    yield* report(event)
  })

  return Effect.fnUntraced(function* (event: CycleEvent) {
    if (event._tag === "SetLeft" || event._tag === "SetKnown") last.delete(event.setKey)
    if (event._tag === "SetProgress") {
      const { setKey, stage } = event
      const time = yield* Clock.currentTimeMillis
      const told = last.get(setKey)
      if (told?.stage === stage && time - told.time < INTERVAL_MILLIS) {
        const isFirst = told.held === undefined
        told.held = event
        if (isFirst) yield* Effect.forkIn(tellHeld(setKey, told, INTERVAL_MILLIS - (time - told.time)), scope)
        return
      }
      last.set(setKey, { stage, time, held: undefined })
    }
    yield* report(event)
  })
})

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
