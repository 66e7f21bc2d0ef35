import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AuthorizationStates, logIn } from "./login.ts"
import { Tdlib } from "./tdlib.ts"
import { timedOut } from "./telegram-error.ts"

/** A TDLib that is offline and has not stored its own account: it answers nothing. */
const silent = Layer.succeed(Tdlib, {
  invoke: ((request: { _: string }, seconds = 60) =>
    Effect.delay(Effect.fail(timedOut(request._, seconds)), `${seconds} seconds`)) as Tdlib["Service"]["invoke"],
  onUpdate: () => () => undefined,
  goOnline: Effect.void,
  explain: Effect.succeed,
})
const noStates = Layer.succeed(AuthorizationStates, {
  next: Effect.never,
  sessionEnded: Effect.never,
  expectEnd: () => undefined,
})

describe("an account that was killed right after its first login", () => {
  it.effect("is logged in though TDLib cannot say, offline, who it is", () =>
    Effect.gen(function* () {
      const way = { phone: "15550001001", method: "code" } as const
      const login = yield* Effect.forkChild(logIn(way, { _: "authorizationStateReady" }, () => Effect.void))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(login), { _tag: "Ready", isPremium: false })
    }).pipe(Effect.provide([silent, noStates])),
  )
})
