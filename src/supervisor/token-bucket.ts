import { Effect } from "effect"

/** What was not used lately may be used at once: so much of it. */
const BURST_MILLIS = 1_000

/**
 * A limit of bytes a second, over time: whoever takes bytes waits until those that were taken before have been paid for.
 * The rate may be another one at every call; undefined: none. Takers must come one at a time.
 */
export const makeTokenBucket = () => {
  /** When all that was taken is paid for, in milliseconds of a clock that is never set. */
  let paidAt = Number.NEGATIVE_INFINITY
  return {
    take: (bytes: number, bytesPerSecond: number | undefined) =>
      Effect.gen(function* () {
        if (bytesPerSecond === undefined) return
        const now = Number(yield* Effect.clockWith((clock) => clock.monotonicTimeNanos)) / 1e6
        const from = Math.max(paidAt, now - BURST_MILLIS)
        if (from > now) yield* Effect.sleep(from - now)
        paidAt = from + (bytes / bytesPerSecond) * 1_000
      }),
  }
}
