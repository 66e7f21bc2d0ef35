import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Direction } from "../src/channel/supervisor-rpcs.ts"
import { bandwidthTaker } from "./supervisor-client.ts"

const makeTaker = () => {
  const asked: Array<Direction> = []
  const limit: { bytes: number | null } = { bytes: null }
  const take = bandwidthTaker((direction) =>
    Effect.sync(() => {
      asked.push(direction)
      return limit.bytes
    }),
  )
  return { asked, limit, take }
}

describe("bandwidth", () => {
  it.effect("is asked for once a second where there is no limit, for either direction", () =>
    Effect.gen(function* () {
      const { asked, limit, take } = makeTaker()
      for (const direction of ["down", "down", "up", "down", "up"] as const)
        assert.strictEqual(yield* take(direction, 10), null)
      assert.deepStrictEqual(asked, ["down", "up"])
      limit.bytes = 5
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* take("down", 10), 5)
    }),
  )

  it.effect("is asked for every time where there is one", () =>
    Effect.gen(function* () {
      const { asked, limit, take } = makeTaker()
      limit.bytes = 5
      for (let times = 0; times < 3; times++) assert.strictEqual(yield* take("down", 10), 5)
      assert.lengthOf(asked, 3)
    }),
  )
})
