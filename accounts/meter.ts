import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Measurement, TimedStage } from "../src/channel/measurements.ts"
import type { Direction } from "../src/channel/supervisor-rpcs.ts"

/** Measurements are told at most this often: in between they are gathered. */
const TELL_EVERY = "1 second"
/** So many are told at once, whatever the time is. */
const GATHERED = 500

/** Whoever counts what an account does; by default nobody. */
export const Meter = Context.Reference<{ readonly note: (measurement: Measurement) => void }>("accounts/Meter", {
  defaultValue: () => ({ note: () => undefined }),
})

/**
 * A meter that hands what it gathered to `tell`, each measurement once: the first at once, the last when the scope ends.
 * While nothing happens it does nothing.
 */
export const makeMeter = Effect.fn("makeMeter")(function* (tell: (measurements: ReadonlyArray<Measurement>) => void) {
  const bell = yield* Queue.sliding<void>(1)
  const bytes = new Map<Direction, number>()
  let others: Array<Measurement> = []
  const flush = () => {
    const moved = [...bytes].map(([direction, sum]) => ({ _tag: "Moved", direction, bytes: sum }) as const)
    const gathered = [...moved, ...others]
    bytes.clear()
    others = []
    if (gathered.length > 0) tell(gathered)
  }
  yield* Effect.addFinalizer(() => Effect.sync(flush))
  yield* Queue.take(bell).pipe(
    Effect.andThen(Effect.sync(flush)),
    Effect.andThen(Effect.sleep(TELL_EVERY)),
    Effect.forever,
    Effect.forkScoped,
  )
  const note = (measurement: Measurement): void => {
    if (measurement._tag === "Moved")
      bytes.set(measurement.direction, (bytes.get(measurement.direction) ?? 0) + measurement.bytes)
    else others.push(measurement)
    if (others.length >= GATHERED) flush()
    else Queue.offerUnsafe(bell, undefined)
  }
  return Meter.of({ note })
})

/** Notes how long a stage took, if it comes to its end. */
export const timed =
  (stage: TimedStage) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const { note } = yield* Meter
      const clock = yield* Clock.Clock
      const begun = clock.currentTimeMillisUnsafe()
      const result = yield* work
      note({ _tag: "StageEnded", stage, seconds: Math.max(0, clock.currentTimeMillisUnsafe() - begun) / 1000 })
      return result
    })
