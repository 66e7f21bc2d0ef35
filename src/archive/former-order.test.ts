import { describe, expect, it } from "vitest"
import { inFormerOrder } from "./former-order.ts"

const ordered = (family: Parameters<typeof inFormerOrder>[0], ...names: ReadonlyArray<string>) =>
  inFormerOrder(family, names, (name) => name)

describe("the order of volumes in the former worker's digest", () => {
  it("has the .rar of an old set last", () => {
    expect(ordered("rar_old", "a.rar", "a.r00", "a.r01")).toEqual(["a.r00", "a.r01", "a.rar"])
    expect(ordered("rar_old", "A.RAR", "A.R00")).toEqual(["A.R00", "A.RAR"])
  })

  it("is that of the volumes for everything else, and for what it did not know", () => {
    expect(ordered("rar_parts", "a.part1.rar", "a.part2.rar")).toBeUndefined()
    expect(ordered("zip_spanned", "a.z01", "a.zip")).toBeUndefined()
    expect(ordered("rar_old", "a.exe", "a.r00")).toBeUndefined()
    expect(ordered("rar_old", "a.rar", "a.r99", "a.s00")).toBeUndefined()
    expect(ordered("rar", "a.rar")).toBeUndefined()
  })
})
