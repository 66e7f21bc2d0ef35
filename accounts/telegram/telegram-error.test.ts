import { assert, describe, it } from "@effect/vitest"
import { telegramError } from "./telegram-error.ts"

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
})
