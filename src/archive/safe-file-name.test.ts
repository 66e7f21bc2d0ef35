import { basename, join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { safeFileName, safeFileNames } from "./safe-file-name.ts"

describe("a safe file name", () => {
  it.each([
    ["Dragon.part1.rar", "Dragon.part1.rar"],
    ["Drache Übergröße.zip", "Drache Übergröße.zip"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\..\\x.zip", "_.._x.zip"],
    ["-rf.zip", "rf.zip"],
    [".hidden", "hidden"],
    ["", "file"],
    ["...", "file"],
    ["a\0b\nc.zip", "a_b_c.zip"],
  ])("for %j is %j", (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  it("keeps the extension of a name that is too long", () => {
    const safe = safeFileName(`${"ü".repeat(500)}.7z.001`)
    expect(safe.endsWith(".7z.001")).toBe(true)
    expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200)
  })

  it("is one path segment of at most 200 bytes, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const safe = safeFileName(text)
        expect(basename(join("/folder", safe))).toBe(safe)
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200)
        expect(safe).toMatch(/^[^.\-\0/][^\0/]*$/)
        expect(safe.isWellFormed()).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe("the safe names of one set", () => {
  it("differ, even where the file system ignores case", () => {
    expect(safeFileNames(["a.zip", "A.zip", "a.zip"])).toEqual(["a.zip", "A (2).zip", "a (3).zip"])
  })

  it("differ for any names, and stay short", () => {
    const name = fc.oneof(fc.constantFrom("a/b", "a:b", "a_b", "", "."), fc.string({ maxLength: 300 }))
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (names) => {
        const safe = safeFileNames(names)
        expect(new Set(safe.map((one) => one.toLowerCase())).size).toBe(names.length)
        for (const one of safe) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(200)
      }),
    )
  })
})
