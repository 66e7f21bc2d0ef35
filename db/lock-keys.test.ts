import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accountLockKey, hashLockKey } from "./lock-keys.ts"

describe("hashLockKey", () => {
  it.each([
    ["0000000000000000", 0n],
    ["0000000000000001", 1n],
    ["7fffffffffffffff", 9223372036854775807n],
    ["8000000000000000", -9223372036854775808n],
    ["ffffffffffffffff", -1n],
    // SHA-256 of the empty text.
    ["e3b0c44298fc1c14", -2039914840885289964n],
  ])("reads %s as %d", (start, key) => {
    expect(hashLockKey(start.padEnd(64, "5"))).toBe(key)
  })

  it("is the big-endian signed number of the digest's first eight bytes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const digest = createHash("sha256").update(text).digest()
        expect(hashLockKey(digest.toString("hex"))).toBe(digest.readBigInt64BE(0))
      }),
    )
  })

  it("does not accept what is not a SHA-256", () => {
    expect(() => hashLockKey("rebuild:-100123:5")).toThrow(RangeError)
  })
})

describe("accountLockKey", () => {
  it("fits two signed 32-bit numbers and differs between accounts", () => {
    const keys = Array.from({ length: 1000 }, (_, index) => accountLockKey(`account-${index}`))
    expect(keys.flat().every((part) => (part | 0) === part)).toBe(true)
    expect(new Set(keys.map(([, key]) => key)).size).toBe(1000)
  })
})
