import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import type { Measurement } from "../../src/channel/measurements.ts"
import { type LogLine, lineLogger } from "../../src/log-line.ts"
import { makeCounting, makeTelling } from "./account-waits.ts"
import type { Wait } from "./waits.ts"

const slowed = (since: number, count: number): Wait => ({
  kind: "downloads",
  cause: "throttled",
  since,
  until: since + 60_000,
  count,
})

const logged = (earlier: ReadonlyArray<Wait>, waits: ReadonlyArray<Wait>) => {
  const lines: Array<LogLine> = []
  return Effect.forEach(waits, makeTelling(earlier), { discard: true }).pipe(
    Effect.provide(Logger.layer([lineLogger((line) => lines.push(line))])),
    Effect.map(() => lines.map(({ fields }) => [fields["event"], fields["count"]])),
  )
}

describe("what is logged of waits", () => {
  it.effect(
    "is every flood, and of a slowed transfer its beginning, however often it was said before it is heard",
    () =>
      Effect.gen(function* () {
        const flood: Wait = { ...slowed(1, 1), cause: "flood" }
        assert.deepStrictEqual(yield* logged([], [slowed(1, 3), flood, slowed(1, 5), flood, slowed(90_000, 1)]), [
          ["telegram.throttled", 3],
          ["telegram.wait", 1],
          ["telegram.wait", 1],
          ["telegram.throttled", 1],
        ])
      }),
  )

  it.effect("is nothing of what an earlier life has told", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* logged([slowed(1, 3)], [slowed(1, 4)]), [])
    }),
  )
})

describe("what is counted of waits", () => {
  const counted = (earlier: ReadonlyArray<Wait>, waits: ReadonlyArray<Wait>) => {
    const noted: Array<Measurement> = []
    for (const wait of waits) makeCounting(earlier, (measurement) => noted.push(measurement))(wait)
    return noted
  }

  it("is each once, however often it is said, with how long it was to be", () => {
    const noted: Array<Measurement> = []
    const count = makeCounting([], (measurement) => noted.push(measurement))
    const flood: Wait = { kind: "searches", cause: "flood", since: 0, until: 31_000, count: 1 }
    for (const wait of [
      flood,
      { ...flood, count: 2 },
      slowed(0, 1),
      slowed(0, 9),
      { ...flood, since: 40_000, until: 50_000 },
    ])
      count(wait)
    assert.deepStrictEqual(noted, [
      { _tag: "AskedToWait", kind: "searches", seconds: 31 },
      { _tag: "SlowedDown", direction: "down" },
      { _tag: "AskedToWait", kind: "searches", seconds: 10 },
    ])
  })

  it("is nothing of what an earlier life has counted", () => {
    assert.deepStrictEqual(counted([slowed(1, 3)], [slowed(1, 4)]), [])
    assert.lengthOf(counted([slowed(1, 3)], [slowed(90_000, 1)]), 1)
  })
})
