import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { untilSilent } from "./cell-pulse.ts"

describe("the pulse of a cell", () => {
  it.effect("does not end while a beat comes now and then", () =>
    Effect.gen(function* () {
      let beats = 0
      const watching = yield* Effect.forkChild(untilSilent(() => beats))
      for (let tick = 0; tick < 20; tick++) {
        yield* TestClock.adjust("35 seconds")
        beats++
      }
      assert.isUndefined(watching.pollUnsafe())
      yield* Fiber.interrupt(watching)
    }),
  )

  it.effect("ends when no beat has come for forty-five seconds, however many came before", () =>
    Effect.gen(function* () {
      let beats = 0
      const watching = yield* Effect.forkChild(untilSilent(() => beats))
      yield* TestClock.adjust("1 second")
      beats = 7
      yield* TestClock.adjust("45 seconds")
      assert.isUndefined(watching.pollUnsafe())
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* Fiber.join(watching), 45)
    }),
  )
})
