import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { telegramError, waitOutFloods } from "./telegram-error.ts"

describe("errors of TDLib", () => {
  it("are floods whatever their code when the text says how long to wait", () => {
    const upload = telegramError("sendMessage", { code: 400, message: "Too Many Requests: retry after 300" })
    assert.include(upload, { kind: "flood", retryAfterSeconds: 300 })
    assert.include(telegramError("getChat", { code: 429, message: "Too Many Requests" }), {
      kind: "flood",
      retryAfterSeconds: null,
    })
  })

  it("tell what is gone from what is forbidden and what is refused", () => {
    const kind = (code: number, message: string) => telegramError("x", { code, message }).kind
    assert.strictEqual(kind(400, "Chat not found"), "not_found")
    assert.strictEqual(kind(400, "CHANNEL_PRIVATE"), "not_found")
    assert.strictEqual(kind(400, "CHAT_ADMIN_REQUIRED"), "forbidden")
    assert.strictEqual(kind(403, "whatever"), "forbidden")
    assert.strictEqual(kind(401, "Unauthorized"), "unauthorised")
    assert.strictEqual(kind(500, "Request aborted"), "closed")
    assert.strictEqual(kind(400, "FILE_PARTS_INVALID"), "refused")
  })

  it.effect("of the flood kind are waited out for as long as Telegram asks", () =>
    Effect.gen(function* () {
      const calls = yield* Ref.make(0)
      const call = Ref.updateAndGet(calls, (n) => n + 1).pipe(
        Effect.flatMap((n) =>
          n === 1 ? Effect.fail(telegramError("x", { code: 429, message: "retry after 30" })) : Effect.succeed(n),
        ),
      )
      const fiber = yield* Effect.forkChild(waitOutFloods(call))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* Ref.get(calls), 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), 2)
    }),
  )

  it.effect("of any other kind are not tried again", () =>
    Effect.gen(function* () {
      const calls = yield* Ref.make(0)
      const call = Effect.andThen(
        Ref.update(calls, (n) => n + 1),
        Effect.fail(telegramError("x", { code: 400, message: "Chat not found" })),
      )
      const error = yield* Effect.flip(waitOutFloods(call))
      assert.strictEqual(error.kind, "not_found")
      assert.strictEqual(yield* Ref.get(calls), 1)
    }),
  )
})
