import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Wake } from "./wake.ts"

const woken = <A, E>(work: Effect.Effect<A, E, Wake>) => Effect.provide(work, Wake.layer)

describe("calling accounts", () => {
  it.effect("wakes those that are named, or all", () =>
    woken(
      Effect.gen(function* () {
        const wake = yield* Wake
        const ana = yield* Effect.forkChild(yield* wake.listen("ana"))
        const ben = yield* Effect.forkChild(yield* wake.listen("ben"))
        yield* wake.call(["ana", "nobody"])
        yield* Fiber.join(ana)
        expect(ben.pollUnsafe()).toBeUndefined()
        yield* wake.call([])
        yield* Fiber.join(ben)
      }),
    ),
  )

  it.effect("keeps one call that comes while nobody waits", () =>
    woken(
      Effect.gen(function* () {
        const wake = yield* Wake
        const called = yield* wake.listen("ana")
        yield* wake.call(["ana"])
        yield* wake.call(["ana"])
        yield* called
        const again = yield* Effect.forkChild(called)
        yield* Effect.yieldNow
        expect(again.pollUnsafe()).toBeUndefined()
        yield* Fiber.interrupt(again)
      }),
    ),
  )
})
