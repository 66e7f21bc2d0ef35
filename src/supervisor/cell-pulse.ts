import { Effect } from "effect"
import { followPulse, WARDEN_BEAT_SECONDS } from "../channel/pulse.ts"

const MISSED_BEATS = 3

/**
 * Completes, with the seconds, when a cell's warden has not said for long that its process runs: one that is stopped, or
 * waits for a disk that does not answer, cannot find that out by itself. `beats`: how many have come so far.
 */
export const untilSilent = Effect.fn("untilSilent")(function* (beats: () => number) {
  const look = followPulse(beats)
  yield* Effect.sync(look).pipe(
    Effect.delay(`${WARDEN_BEAT_SECONDS} seconds`),
    Effect.repeat({ until: (missed) => missed === MISSED_BEATS }),
  )
  return MISSED_BEATS * WARDEN_BEAT_SECONDS
})
