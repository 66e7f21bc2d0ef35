import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeUnsealer, seal } from "./sealed-answer.ts"

describe("a sealed answer", () => {
  it("is opened by the one it was sealed for alone, whatever it says", () => {
    const [ours, theirs] = [makeUnsealer(), makeUnsealer()]
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = seal(text, ours.publicKey)
        expect(ours.unseal(sealed)).toBe(text)
        expect(theirs.unseal(sealed)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  it("does not open once a bit of it was turned over, or when it is something else", () => {
    const { publicKey, unseal } = makeUnsealer()
    const sealed = Buffer.from(seal("12345", publicKey), "base64")
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const turned = Buffer.from(sealed)
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(unseal(turned.toString("base64"))).not.toBe("54321")
        return unseal(turned.toString("base64")) === undefined || bit >> 3 < 44
      }),
      { numRuns: 100 },
    )
    fc.assert(
      fc.property(fc.string(), (text) => unseal(text) === undefined),
      { numRuns: 50 },
    )
  })
})
