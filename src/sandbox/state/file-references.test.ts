import { describe, expect, it } from "vitest"
import { FileReferences } from "./file-references.ts"

describe("A file reference", () => {
  it("is good for its file for ever, unless told otherwise", () => {
    let now = 1000
    const references = new FileReferences(() => now)
    const reference = references.of(1n)
    now += 10 ** 9
    expect([references.accepts(1n, reference), references.accepts(2n, reference)]).toEqual([true, false])
  })

  it("ends when all of them are ended, and the next one is good", () => {
    const references = new FileReferences(() => 1000)
    const before = references.of(1n)
    references.apply({ type: "file-references", expired: true })
    expect([references.accepts(1n, before), references.accepts(1n, references.of(1n))]).toEqual([false, true])
  })

  it("ends between once and twice its lifetime", () => {
    for (let given = 1000; given < 1060; given++) {
      let now = given
      const references = new FileReferences(() => now)
      references.apply({ type: "file-references", expired: false, lifetime: 60 })
      const reference = references.of(1n)
      now = given + 60
      expect(references.accepts(1n, reference)).toBe(true)
      now = given + 120
      expect(references.accepts(1n, reference)).toBe(false)
    }
  })
})
