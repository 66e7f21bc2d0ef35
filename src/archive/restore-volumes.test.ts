import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type ArchiveType, groupArchiveSets } from "./archive-set.ts"
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
    expect(familyOf("a.z01", "a.z02", "a.zip")).toBe("zip_spanned")
  })

  it("are put in volume order, whatever the order of the messages", () => {
    expect(restoreVolumes(named("a.part2.rar", "a.part1.rar"))).toEqual({
      ...{ name: "a.part1.rar", family: "rar_parts", archiveType: "RAR" },
      volumes: [
        { name: "a.part1.rar", bytes: 5, parts: [1] },
        { name: "a.part2.rar", bytes: 5, parts: [0] },
      ],
    })
  })

  it("are joined where volumes of a set were cut", () => {
    expect(restoreVolumes(named("a.part1.rar.001", "a.part1.rar.002", "a.part2.rar"))).toEqual({
      ...{ name: "a.part1.rar", family: "rar_parts", archiveType: "RAR" },
      volumes: [
        { name: "a.part1.rar", bytes: 10, parts: [0, 1] },
        { name: "a.part2.rar", bytes: 5, parts: [2] },
      ],
    })
  })

  it("of a byte split need not be joined where some were cut and others not", () => {
    expect(restoreVolumes(named("a.7z.001", "a.7z.002", "a.7z.003.001", "a.7z.003.002"))).toMatchObject({
      ...{ name: "a.7z", family: "seven_z_split", archiveType: "SEVEN_Z" },
      volumes: [{ parts: [0] }, { parts: [1] }, { parts: [2] }, { parts: [3] }],
    })
  })

  it("may be one file of any kind, cut or not", () => {
    expect(restoreVolumes(named("readme.xyz"))).toMatchObject({ family: "document", archiveType: "DOCUMENT" })
    expect(familyOf("readme.xyz.001", "readme.xyz.002")).toBe("plain_split")
  })

  it("are no set when they do not belong together", () => {
    expect(restoreVolumes(named("a.zip", "b.zip"))).toBeUndefined()
    expect(restoreVolumes(named("a.txt", "b.txt"))).toBeUndefined()
    expect(restoreVolumes(named("a.part1.rar.001", "a.part1.rar.003", "a.part2.rar"))).toBeUndefined()
    expect(restoreVolumes([])).toBeUndefined()
  })

  const families = [
    ["Dragon.zip"],
    ["Dragon.7z"],
    ["Dragon.rar"],
    ["Dragon.tar.gz"],
    ["Dragon.stl"],
    ["Dragon.zip.001", "Dragon.zip.002", "Dragon.zip.003"],
    ["Dragon.7z.001", "Dragon.7z.002", "Dragon.7z.003"],
    ["Dragon.rar.001", "Dragon.rar.002", "Dragon.rar.003"],
    ["Dragon.001", "Dragon.002", "Dragon.003"],
    ["Dragon.part1.rar", "Dragon.part2.rar", "Dragon.part3.rar"],
    ["Dragon.part01.rar", "Dragon.part02.rar", "Dragon.part03.rar"],
    ["Dragon.rar", "Dragon.r00", "Dragon.r01"],
    ["Dragon.z01", "Dragon.z02", "Dragon.zip"],
    ["Dragon.tar.gz.aa", "Dragon.tar.gz.ab", "Dragon.tar.gz.ac"],
  ]
  const sourceSet = (volumes: ReadonlyArray<{ readonly name: string; readonly bytes: number }>) => {
    const [set] = groupArchiveSets(
      volumes.map(({ bytes, name }, index) => ({
        ...{ messageId: index, date: 0, fileName: name, bytes },
        ...{ senderId: null, topicId: null, albumId: null, caption: "" },
      })),
    )
    return set
  }

  it("come back in full and in order, from every way in which we publish, whether the type is known or not", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 * MEBIBYTE }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(
        fc.constantFrom(...families),
        sizes,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (names, sizes, limit, isKnown) => {
          const volumes = names.map((name, index) => ({ name, bytes: sizes[index] ?? 1 }))
          const set = sourceSet(volumes)
          const plan = planParts(volumes, limit * MEBIBYTE)
          const restored = restoreVolumes(plan, isKnown ? (set?.archiveType ?? null) : null)
          // Whether pieces are taken for volumes of a byte split, or joined: in their order they are the content.
          expect(restored?.volumes.flatMap(({ parts }) => parts)).toEqual(plan.map((_, index) => index))
          expect(restored?.volumes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(set?.bytes)
          if (isKnown) expect(restored?.archiveType).toBe(set?.archiveType)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it("come back in the order of the former worker's messages as the volumes that it took", () => {
    // It put the volume without a number last, also where that is the first one (facts W-8).
    expect(familyOf("a.zip.001", "a.zip.002")).toBe("zip_split")
    expect(familyOf("a.part01.rar", "a.part02.rar", "a.part03.rar")).toBe("rar_parts")
    expect(familyOf("a.z01", "a.z02", "a.zip")).toBe("zip_spanned")
    expect(familyOf("a.r00", "a.r01", "a.rar")).toBe("rar_old")
    expect(restoreVolumes(named("a.r00", "a.r01", "a.rar"))?.volumes.map(({ parts }) => parts)).toEqual([[2], [0], [1]])
  })

  it("are understood when the former worker joined and cut them anew, whatever is inside", () => {
    const types = fc.constantFrom<ArchiveType | null>("ZIP", "RAR", "SEVEN_Z", "DOCUMENT", null)
    const families = { ZIP: "zip_split", RAR: "rar_split", SEVEN_Z: "seven_z_split", DOCUMENT: "plain_split" }
    fc.assert(
      fc.property(types, fc.integer({ min: 1, max: 1200 }), fc.infiniteStream(fc.nat()), (type, count, order) => {
        const inOrder = Array.from({ length: count }, (_, index) => `a.concat.${String(index + 1).padStart(3, "0")}`)
        const keys = new Map(inOrder.map((name) => [name, order.next().value ?? 0]))
        const messages = inOrder.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))
        const restored = restoreVolumes(named(...messages), type)
        expect(restored?.family).toBe(families[type ?? "DOCUMENT"])
        expect(restored?.volumes.map(({ name }) => name)).toEqual(inOrder)
      }),
      { numRuns: 50 },
    )
  })
})
