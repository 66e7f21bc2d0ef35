import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type * as Td from "tdlib-types"
import { makeUploadLimit, UploadLimit } from "./upload-limit.ts"

const MEBIBYTE = 1024 * 1024
const meIs = (id: number) =>
  ({ _: "updateOption", name: "my_id", value: { _: "optionValueInteger", value: id } }) as unknown as Td.Update
const user = (id: number, premium: boolean) =>
  ({ _: "updateUser", user: { id, is_premium: premium } }) as unknown as Td.Update

describe("the upload limit of an account", () => {
  it.effect("follows Premium while the account works, of nobody but itself, and tells of changes", () => {
    const told: Array<boolean> = []
    const { layer, listener } = makeUploadLimit(null, (isPremium) => told.push(isPremium))
    return Effect.gen(function* () {
      const limit = yield* UploadLimit
      assert.strictEqual(limit.bytes(), 1950 * MEBIBYTE)
      for (const update of [meIs(7), user(7, false), user(8, true)]) listener(update)
      assert.strictEqual(limit.bytes(), 1950 * MEBIBYTE)
      listener(user(7, true))
      assert.strictEqual(limit.bytes(), 3950 * MEBIBYTE)
      assert.deepStrictEqual(told, [true])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is that of free accounts once the server refused more, until Telegram says Premium anew", () => {
    const { layer } = makeUploadLimit(3000 * MEBIBYTE, () => undefined)
    return Effect.gen(function* () {
      const limit = yield* UploadLimit
      limit.note(true)
      assert.strictEqual(limit.bytes(), 3000 * MEBIBYTE)
      yield* limit.refuse
      limit.note(true)
      assert.strictEqual(limit.bytes(), 1950 * MEBIBYTE)
      limit.note(false)
      limit.note(true)
      assert.strictEqual(limit.bytes(), 3000 * MEBIBYTE)
    }).pipe(Effect.provide(layer))
  })
})
