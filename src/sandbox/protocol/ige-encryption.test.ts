import { readFileSync } from "node:fs"
import { ige256Decrypt, ige256Encrypt, initSync } from "@mtcute/wasm"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { decryptIge } from "./ige-decryption.ts"
import { encryptIge } from "./ige-encryption.ts"

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const blocks = fc.integer({ min: 1, max: 300 }).chain((count) => bytes(16 * count))

beforeAll(() => {
  initSync(readFileSync(new URL(import.meta.resolve("@mtcute/wasm/mtcute-simd.wasm"))))
})

describe("IGE", () => {
  it("encrypts to what another implementation encrypts to", () => {
    fc.assert(
      fc.property(blocks, bytes(32), bytes(32), (data, key, iv) => {
        const unaligned = Buffer.concat([Buffer.alloc(1), data]).subarray(1)
        const expected = Buffer.from(ige256Encrypt(data, key, iv))
        expect(encryptIge(data, { key, iv }).equals(expected)).toBe(true)
        expect(encryptIge(unaligned, { key, iv }).equals(expected)).toBe(true)
      }),
    )
  })

  it("decrypts any bytes to what another implementation decrypts them to", () => {
    fc.assert(
      fc.property(blocks, bytes(32), bytes(32), (data, key, iv) => {
        expect(decryptIge(data, { key, iv }).equals(Buffer.from(ige256Decrypt(data, key, iv)))).toBe(true)
      }),
    )
  })

  it("decrypts what it has encrypted, megabytes too, and a result is not touched by what is decrypted next", () => {
    const [key, iv] = [Buffer.alloc(32, 7), Buffer.alloc(32, 9)]
    const data = Buffer.alloc(9_000_000, "a large message ")
    const decrypted = decryptIge(encryptIge(data, { key, iv }), { key, iv })
    decryptIge(Buffer.alloc(64), { key, iv })
    expect(decrypted.equals(data)).toBe(true)
  })
})
