import { Duration, Effect, Random } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { delayAfterHold, restAfter } from "./rest.ts"

const interval = fc.record({
  intervalMinutes: fc.integer({ min: 1, max: 10_080 }),
  intervalJitter: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
})

const minutesOf = (seed: number, rest: Effect.Effect<Duration.Duration>): number =>
  Duration.toMillis(Effect.runSync(Random.withSeed(rest, seed))) / 60_000

describe("the rest between two cycles", () => {
  it("differs from the interval by its jitter at most", () => {
    fc.assert(
      fc.property(interval, fc.integer(), (interval, seed) => {
        const { intervalJitter, intervalMinutes } = interval
        const minutes = minutesOf(seed, restAfter(0, interval))
        expect(minutes).toBeGreaterThanOrEqual(intervalMinutes * (1 - intervalJitter) - 0.001)
        expect(minutes).toBeLessThanOrEqual(intervalMinutes * (1 + intervalJitter) + 0.001)
        expect(minutesOf(seed, delayAfterHold(interval))).toBeLessThanOrEqual(intervalMinutes * intervalJitter + 0.001)
      }),
    )
  })

  it("grows from a second while sets stay put off, and never beyond the interval", () => {
    const interval = { intervalMinutes: 10, intervalJitter: 0 }
    const rests = [1, 2, 3, 4, 5, 6, 7, 8].map((putOffInARow) => minutesOf(1, restAfter(putOffInARow, interval)))
    expect(rests.map((minutes) => Math.round(minutes * 60))).toEqual([1, 2, 5, 15, 60, 300, 600, 600])
  })
})
