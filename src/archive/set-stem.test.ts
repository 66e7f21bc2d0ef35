import { describe, expect, it } from "vitest"
import { setStem } from "./set-stem.ts"

describe("the stem of a set", () => {
  it.each([
    ["Castle.7z", "Castle.7z.001", "castle.7z.003"],
    ["Orc.part1.rar", "Orc.part09.rar"],
    ["Old.rar", "Old.r05"],
    ["Spanned.zip", "Spanned.z02", "Spanned.zip"],
    ["Split.zip", "Split.zip.002", "Split (1).zip"],
  ])("is the same for %s and its volumes", (...names) => {
    expect(new Set(names.map(setStem)).size).toBe(1)
  })

  it("differs where the names do", () => {
    expect(setStem("Castle.7z.001")).not.toBe(setStem("Castle2.7z.001"))
  })
})
