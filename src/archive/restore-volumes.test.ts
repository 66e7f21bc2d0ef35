import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { planParts } from "./parts.ts"
import { restoreVolumes } from "./restore-volumes.ts"

const MEBIBYTE = 1024 * 1024
const named = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, bytes: 5 }))
const familyOf = (...names: ReadonlyArray<string>) => restoreVolumes(named(...names))?.family

describe("the parts of a package", () => {
  it("are the set that they were posted as", () => {
    expect(familyOf("a.zip")).toBe("zip")
    expect(familyOf("a.7z.001", "a.7z.002")).toBe("seven_z_split")
    expect(familyOf("a.part1.rar", "a.part2.rar", "a.part3.rar")).toBe("rar_parts")
    expect(familyOf("a.rar", "a.r00", "a.r01")).toBe("rar_old")
  })

  it("are joined where volumes of a set were cut", () => {
    const set = restoreVolumes(named("a.part1.rar.001", "a.part1.rar.002", "a.part2.rar"))
    expect(set).toEqual({
      name: "a.part1.rar",
      family: "rar_parts",
      volumes: [
        { name: "a.part1.rar", bytes: 10, parts: [0, 1] },
        { name: "a.part2.rar", bytes: 5, parts: [2] },
      ],
    })
  })

  it("are understood when an earlier worker cut them, whatever is inside", () => {
    expect(restoreVolumes(named("pack.concat.001", "pack.concat.002"))).toMatchObject({
      family: "plain_split",
      volumes: [{ parts: [0] }, { parts: [1] }],
    })
  })

  it("are no set when they do not belong together", () => {
    expect(restoreVolumes(named("a.zip", "b.zip"))).toBeUndefined()
    expect(restoreVolumes(named("readme.txt"))).toBeUndefined()
    expect(restoreVolumes([])).toBeUndefined()
  })

  it("come back in full and in order, however large the volumes and the limit were", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 * MEBIBYTE }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: MEBIBYTE, max: 50 * MEBIBYTE }), (volumes, limit) => {
        const names = volumes.map((_, index) => (volumes.length === 1 ? "a.zip" : `a.part${index + 1}.rar`))
        const plan = planParts(
          volumes.map((bytes, index) => ({ name: names[index] ?? "", bytes })),
          limit,
        )
        const set = restoreVolumes(plan)
        expect(set?.volumes.flatMap(({ parts }) => parts)).toEqual(plan.map((_, index) => index))
        expect(set?.volumes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(volumes.reduce((a, b) => a + b, 0))
      }),
    )
  })
})
