import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { messageKeys, SetsUnderWay } from "./sets-under-way.ts"

const keysOf = (...messageIds: ReadonlyArray<number>) =>
  messageKeys("channel", { volumes: messageIds.map((messageId) => ({ messageId })) })

describe("sets under way", () => {
  it.effect("that share a message follow one another, and others do not wait", () =>
    Effect.gen(function* () {
      const underWay = new SetsUnderWay()
      const steps: Array<string> = []
      const gate = yield* Deferred.make<void>()
      const step = (name: string) => Effect.sync(() => steps.push(name))
      const first = yield* Effect.forkChild(
        underWay.alone(keysOf(1, 2), Effect.andThen(step("first"), Deferred.await(gate))),
      )
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(underWay.alone(keysOf(2, 3), step("second")))
      yield* underWay.alone(keysOf(4), step("other"))
      assert.deepStrictEqual(steps, ["first", "other"])
      assert.isTrue(underWay.has(keysOf(1)))
      assert.isFalse(underWay.has(keysOf(3)))
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.deepStrictEqual(steps, ["first", "other", "second"])
      assert.isFalse(underWay.has(keysOf(1, 2, 3, 4)))
    }),
  )

  it.effect("let the next one on when they fail or are interrupted", () =>
    Effect.gen(function* () {
      const underWay = new SetsUnderWay()
      yield* Effect.flip(underWay.alone(keysOf(1), Effect.fail("no")))
      const stuck = yield* Effect.forkChild(underWay.alone(keysOf(1), Effect.never))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(stuck)
      assert.strictEqual(yield* underWay.alone(keysOf(1), Effect.succeed("done")), "done")
    }),
  )
})
