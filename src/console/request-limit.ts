import { Clock, Effect } from "effect"

export interface RequestLimit {
  /** Lets one request pass, or says no; it never waits. */
  readonly pass: Effect.Effect<boolean>
}

/** So many requests a second over time, from all askers together, and up to `burst` at once. */
export const makeRequestLimit = (perSecond: number, burst: number): RequestLimit => {
  let left = burst
  let lookedAt: number | undefined
  return {
    pass: Effect.map(Clock.currentTimeMillis, (now) => {
      left = Math.min(burst, left + (Math.max(0, now - (lookedAt ?? now)) / 1000) * perSecond)
      lookedAt = now
      if (left < 1) return false
      left -= 1
      return true
    }),
  }
}
