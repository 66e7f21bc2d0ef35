/** How often a warden says that its process runs. */
export const WARDEN_BEAT_SECONDS = 15

/**
 * Follows the beats of somebody who may stop to live: every call is a look, and answers how many in a row have found no
 * new beat. What is counted are looks and not the time: who did not run, because the machine was suspended or its
 * processes were stopped, did not look either, and holds nothing against anybody.
 */
export const followPulse = (beats: () => number): (() => number) => {
  let heard = beats()
  let missed = 0
  return () => {
    const now = beats()
    missed = now === heard ? missed + 1 : 0
    heard = now
    return missed
  }
}
