import { ige256Encrypt } from "@mtcute/wasm"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decryptIge } from "./crypto.ts"
import { encryptIge } from "./ige-encryption.ts"

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const blocks = fc.integer({ min: 1, max: 300 }).chain((count) => bytes(16 * count))

describe("IGE encryption", () => {
  it("gives what another implementation gives, and what decryption takes back", () => {
    fc.assert(
      fc.property(blocks, bytes(32), bytes(32), (data, key, iv) => {
        const encrypted = encryptIge(data, { key, iv })
        const unaligned = Buffer.concat([Buffer.alloc(1), data]).subarray(1)
        expect(encryptIge(unaligned, { key, iv }).equals(encrypted)).toBe(true)
        expect(encrypted.equals(Buffer.from(ige256Encrypt(data, key, iv)))).toBe(true)
        expect(decryptIge(encrypted, { key, iv }).equals(Buffer.from(data))).toBe(true)
      }),
    )
  })
})
