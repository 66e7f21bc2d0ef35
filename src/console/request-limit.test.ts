import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeRequestLimit } from "./request-limit.ts"

describe("the limit of requests", () => {
  it.effect("lets a burst pass, then so many a second", () =>
    Effect.gen(function* () {
      const { pass } = makeRequestLimit(2, 3)
      const passed = (count: number) =>
        Effect.map(Effect.replicateEffect(pass, count), (answers) => answers.filter(Boolean).length)
      assert.strictEqual(yield* passed(10), 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* passed(10), 2)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* passed(10), 3)
    }),
  )
})
