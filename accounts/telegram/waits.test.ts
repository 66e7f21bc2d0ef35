import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { telegramError } from "./telegram-error.ts"
import { makeWaits, privateWaits, throughGate } from "./waits.ts"

const flood = (kind: string, seconds: number) => ({ kind, cause: "flood", seconds }) as const

describe("the gate of an account", () => {
  it.effect("holds every call of the kind until the wait is over, and lets the others through", () =>
    Effect.gen(function* () {
      const waits = yield* privateWaits
      waits.note(flood("searches", 30))
      yield* waits.pass("downloadFile")
      const held = yield* Effect.forkChild(
        Effect.all([waits.pass("searchChatMessages"), waits.pass("searchChatMessages")], { concurrency: 2 }),
      )
      yield* TestClock.adjust("30 seconds")
      assert.isUndefined(held.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(held)
    }),
  )

  it.effect("asks nobody while a long wait lasts, and says how long it still is", () =>
    Effect.gen(function* () {
      const waits = yield* privateWaits
      waits.note(flood("downloads", 700))
      yield* TestClock.adjust("100 seconds")
      const error = yield* Effect.flip(waits.pass("downloadFile"))
      assert.include(error, { kind: "flood", retryAfterSeconds: 601 })
      yield* TestClock.adjust("601 seconds")
      yield* waits.pass("downloadFile")
    }),
  )

  it.effect("is held longer by a later wait, never shorter, and knows those of an earlier life", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const until = clock.currentTimeMillisUnsafe() + 500_000
      const earlier = { kind: "joins", cause: "flood", since: 0, until, count: 1 } as const
      const waits = makeWaits(clock, [earlier], () => undefined)
      waits.note(flood("joins", 10))
      assert.strictEqual((yield* Effect.flip(waits.pass("joinChat"))).retryAfterSeconds, 500)
      assert.deepStrictEqual(waits.takeChanges(), [{ ...earlier, count: 2 }])
      assert.deepStrictEqual(waits.takeChanges(), [])
    }),
  )

  it.effect("is not closed by Telegram's slowing a transfer down, which is counted from its beginning", () =>
    Effect.gen(function* () {
      const waits = yield* privateWaits
      for (const _ of [1, 2, 3]) {
        waits.note({ kind: "uploads", cause: "throttled", seconds: 2 })
        yield* TestClock.adjust("10 seconds")
      }
      yield* waits.pass("sendMessage")
      assert.include(waits.takeChanges()[0], { since: 0, count: 3, until: 20_000 + 62_000 })
    }),
  )

  it.effect("is told of rarely while a transfer is slowed down, and always before it would be taken for over", () =>
    Effect.gen(function* () {
      const waits = yield* privateWaits
      const told: Array<number> = []
      for (let second = 0; second < 120; second++) {
        waits.note({ kind: "uploads", cause: "throttled", seconds: 1 })
        told.push(...waits.takeChanges().map(({ until }) => until))
        const now = yield* Clock.currentTimeMillis
        assert.isAbove(told.at(-1) ?? 0, now)
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(told, 6)
    }),
  )

  const answering = (call: string, ...messages: ReadonlyArray<string>) =>
    Effect.map(privateWaits, (waits) => {
      let calls = 0
      const made = Effect.suspend(() => {
        const message = messages[calls++]
        return message === undefined ? Effect.succeed(calls) : Effect.fail(telegramError(call, { code: 400, message }))
      })
      return { waits, calls: () => calls, through: throughGate(waits, call, made) }
    })

  it.effect(
    "makes a call again after a short wait that it was answered with, which holds the others of its kind too",
    () =>
      Effect.gen(function* () {
        const { calls, through, waits } = yield* answering("searchChatMessages", "retry after 30")
        const first = yield* Effect.forkChild(through)
        yield* TestClock.adjust("1 second")
        const other = yield* Effect.forkChild(waits.pass("searchChatMessages"))
        yield* TestClock.adjust("29 seconds")
        assert.deepStrictEqual([calls(), other.pollUnsafe()], [1, undefined])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(first), 2)
        yield* Fiber.join(other)
      }),
  )

  it.effect("does not do so for ever, nor after a long wait, a login's wait, or any other error", () =>
    Effect.gen(function* () {
      const endless = yield* answering("getChat", ...Array.from({ length: 99 }, () => "retry after 60"))
      const fiber = yield* Effect.forkChild(Effect.flip(endless.through))
      yield* TestClock.adjust("1 hour")
      assert.include(yield* Fiber.join(fiber), { kind: "flood", retryAfterSeconds: 60 })
      assert.strictEqual(endless.calls(), 6)
      for (const [call, message] of [
        ["getChat", "retry after 62"],
        ["setAuthenticationPhoneNumber", "retry after 3"],
        ["getChat", "Chat not found"],
      ] as const) {
        const { calls, through } = yield* answering(call, message, message)
        yield* Effect.flip(through)
        assert.strictEqual(calls(), 1)
      }
    }),
  )
})
