import { describe, expect, it } from "vitest"
import { fileKeyOf } from "./file-key.ts"

const a = { uniqueId: "AgADa", bytes: 10 }
const b = { uniqueId: "AgADb", bytes: 20 }

describe("the key of a set's files", () => {
  it("is the same for the same files, and another one for others, for fewer and for another order", () => {
    expect(fileKeyOf([a, b])).toBe(fileKeyOf([{ ...a }, { ...b }]))
    const keys = [[a, b], [b, a], [a], [b], [a, { ...b, bytes: 21 }]].map(fileKeyOf)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it("is not known when one file has no identity, or when there is no file", () => {
    expect(fileKeyOf([a, { uniqueId: "", bytes: 5 }])).toBeNull()
    expect(fileKeyOf([])).toBeNull()
  })
})
