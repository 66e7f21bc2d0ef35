import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { currentWaits, noteWait } from "../../db/waits.ts"
import type { Measurement } from "../../src/channel/measurements.ts"
import { logEvent } from "../../src/log-line.ts"
import { Meter } from "../meter.ts"
import { makeWaits, type Wait } from "./waits.ts"

/** Many words of the same wait are written as one. */
const WRITE_EVERY = "1 second"

/**
 * Logs waits. A slowed transfer is told of at its beginning, as which the first word of it counts that is heard: as long as
 * it goes on, there is one with every few parts.
 */
export const makeTelling = (earlier: ReadonlyArray<Wait>) => {
  const slowed = earlier.filter(({ cause }) => cause === "throttled")
  const slowedSince = new Map(slowed.map(({ kind, since }) => [kind, since]))
  return ({ cause, count, kind, since, until }: Wait) => {
    const fields = { kind, until: new Date(until).toISOString(), count }
    if (cause === "flood") return logEvent.warn("telegram.wait", `Telegram has the account wait: ${kind}`, fields)
    if (slowedSince.get(kind) === since) return Effect.void
    slowedSince.set(kind, since)
    return logEvent.warn("telegram.throttled", `Telegram slows ${kind} down`, fields)
  }
}

/** Counts waits: each once, however often Telegram says so while it goes on. */
export const makeCounting = (earlier: ReadonlyArray<Wait>, note: (measurement: Measurement) => void) => {
  const keyOf = ({ cause, kind }: Wait) => `${cause} ${kind}`
  const counted = new Map(earlier.map((wait) => [keyOf(wait), wait.since]))
  return (wait: Wait): void => {
    const { cause, kind, since, until } = wait
    if (counted.get(keyOf(wait)) === since) return
    counted.set(keyOf(wait), since)
    note(
      cause === "flood"
        ? { _tag: "AskedToWait", kind, seconds: (until - since) / 1000 }
        : { _tag: "SlowedDown", direction: kind === "uploads" ? "up" : "down" },
    )
  }
}

/**
 * The waits of an account over all its lives: read from the database, logged, and written back while the scope lives. A
 * wait that cannot be written holds in this life all the same.
 */
export const makeAccountWaits = Effect.fn("makeAccountWaits")(function* (accountId: string) {
  const clock = yield* Clock.Clock
  const bell = yield* Queue.sliding<void>(1)
  const earlier = (yield* currentWaits()).filter((wait) => wait.accountId === accountId)
  const tell = makeTelling(earlier)
  const count = makeCounting(earlier, (yield* Meter).note)
  const waits = makeWaits(clock, earlier, () => Queue.offerUnsafe(bell, undefined))
  yield* Queue.take(bell).pipe(
    Effect.andThen(
      Effect.suspend(() =>
        Effect.forEach(
          waits.takeChanges(),
          (wait) =>
            Effect.sync(() => count(wait)).pipe(
              Effect.andThen(tell(wait)),
              Effect.andThen(noteWait({ accountId, ...wait })),
            ),
          { discard: true },
        ),
      ),
    ),
    Effect.catch((error) =>
      logEvent.warn("telegram.wait_unwritten", "A wait could not be stored", { error: error.message }),
    ),
    Effect.andThen(Effect.sleep(WRITE_EVERY)),
    Effect.forever,
    Effect.forkScoped,
  )
  return {
    waits,
    /** TDLib's own word of it, at most once an hour (facts/local-telegram.md). */
    listener: (update: Td.Update) => {
      if (update._ !== "updateSpeedLimitNotification") return
      waits.note({ kind: update.is_upload ? "uploads" : "downloads", cause: "throttled", seconds: 0 })
    },
  }
})
