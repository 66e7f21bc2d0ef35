import { Effect } from "effect"
import { WARDEN_BEAT_SECONDS } from "../channel/warden-messages.ts"

const MISSED_BEATS = 8

/**
 * Completes, with the seconds, when a cell's warden has not said for long that its process runs: one that is stopped, or
 * waits for a disk that does not answer, cannot find that out by itself. `beats`: how many have come so far.
 * What is counted are this process's own looks, and not the time: after a machine was suspended nobody has missed a beat.
 */
export const untilSilent = Effect.fn("untilSilent")(function* (beats: () => number) {
  let heard = beats()
  for (let missed = 0; missed < MISSED_BEATS; ) {
    yield* Effect.sleep(`${WARDEN_BEAT_SECONDS} seconds`)
    missed = beats() === heard ? missed + 1 : 0
    heard = beats()
  }
  return MISSED_BEATS * WARDEN_BEAT_SECONDS
})
