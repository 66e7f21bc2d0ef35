import { Duration, Effect, Random } from "effect"

/** Sets that another account held, or that were put off, are looked at again soon; otherwise the interval holds. */
const SOON_SECONDS = [1, 2, 5, 15, 60, 300, 900] as const

/** How long accounts rest between two cycles. */
export interface Interval {
  readonly intervalMinutes: number
  /** The share of the interval by which a rest may be shorter or longer, 0 to 1. */
  readonly intervalJitter: number
}

/**
 * How long to rest after a cycle, given how many in a row left something put off. Every rest has another length, so that
 * accounts that began together do not go on together.
 */
export const restAfter = Effect.fn("restAfter")(function* (
  putOffInARow: number,
  { intervalJitter, intervalMinutes }: Interval,
) {
  const share = yield* Random.nextBetween(1 - intervalJitter, 1 + intervalJitter)
  const interval = Duration.times(Duration.minutes(intervalMinutes), share)
  const soon = SOON_SECONDS[putOffInARow - 1]
  return soon === undefined ? interval : Duration.min(Duration.seconds(soon), interval)
})

/** By how much accounts that were all held until one moment begin after it: up to the share by which a rest may differ. */
export const delayAfterHold = ({ intervalJitter, intervalMinutes }: Interval) =>
  Effect.map(Random.next, (share) => Duration.times(Duration.minutes(intervalMinutes), share * intervalJitter))
