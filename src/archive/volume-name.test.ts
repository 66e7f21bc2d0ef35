import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { recogniseName, volumeLabel } from "./volume-name.ts"

const reading = (name: string) => {
  const found = recogniseName(name)
  return found === undefined ? undefined : [found.family, found.stem, found.ordinal]
}

describe("a file name is read as the archive or volume that it is", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string | number>]> = [
    ["Dragon.zip", ["zip", "Dragon", 0]],
    ["Dragon.ZIPX", ["zip", "Dragon", 0]],
    ["comic.cbz", ["zip", "comic", 0]],
    ["book.epub", ["zip", "book", 0]],
    ["tool.jar", ["zip", "tool", 0]],
    ["Dragon.z01", ["zip_spanned", "Dragon", 1]],
    ["Dragon.z100", ["zip_spanned", "Dragon", 100]],
    ["Dragon.zip.001", ["zip_split", "Dragon.zip", 1]],
    ["Dragon.zip.part2", ["zip_split", "Dragon.zip", 2]],
    ["Dragon.rar", ["rar", "Dragon", 0]],
    ["comic.cbr", ["rar", "comic", 0]],
    ["Dragon.part1.rar", ["rar_parts", "Dragon", 1]],
    ["Dragon.part0012.RAR", ["rar_parts", "Dragon", 12]],
    ["Dragon.part1.exe", ["rar_parts", "Dragon", 1]],
    ["Dragon.r00", ["rar_old", "Dragon", 2]],
    ["Dragon.R99", ["rar_old", "Dragon", 101]],
    ["Dragon.s00", ["rar_old", "Dragon", 102]],
    ["Dragon.rar.003", ["rar_split", "Dragon.rar", 3]],
    ["Dragon.7z", ["seven_z", "Dragon", 0]],
    ["Dragon.7z.001", ["seven_z_split", "Dragon.7z", 1]],
    ["Dragon.7z.part01", ["seven_z_split", "Dragon.7z", 1]],
    ["Dragon.tar", ["tar", "Dragon", 0]],
    ["Dragon.tar.gz", ["tar", "Dragon", 0]],
    ["Dragon.tgz", ["tar", "Dragon", 0]],
    ["Dragon.tar.xz", ["tar", "Dragon", 0]],
    ["notes.gz", ["tar", "notes", 0]],
    ["Dragon.tar.gz.001", ["tar_split", "Dragon.tar.gz", 1]],
    ["Dragon.tar.gz.aa", ["tar_split", "Dragon.tar.gz", 1]],
    ["Dragon.tar.zst.ba", ["tar_split", "Dragon.tar.zst", 27]],
    ["Dragon.001", ["plain_split", "Dragon", 1]],
    ["Dragon.STL", ["document", "Dragon", 0]],
    ["plan.3mf", ["document", "plan", 0]],
  ]
  it.each(cases)("%s", (name, expected) => {
    expect(reading(name)).toEqual(expected)
  })

  it("takes x.part1.zip for a ZIP of its own, because a ZIP has no such volumes", () => {
    expect(reading("Dragon.part1.zip")).toEqual(["zip", "Dragon.part1", 0])
  })

  it.each([
    "readme.txt",
    "Dragon.rev",
    "Dragon.par2",
    "Dragon.sfv",
    "Dragon.tar.gz.asc",
    "photo.jpg",
    "zip",
    ".zip",
    "",
  ])("is not fooled by %j", (name) => {
    expect(recogniseName(name)).toBeUndefined()
  })

  it("takes the document extensions that it is given", () => {
    expect(recogniseName("Dragon.pdf", ["txt"])).toBeUndefined()
    expect(recogniseName("Dragon.txt", ["txt"])?.family).toBe("document")
  })
})

describe("a client's duplicate suffix", () => {
  it.each([
    ["Dragon.part2 (1).rar", ["rar_parts", "Dragon", 2]],
    ["Dragon.part2_2.rar", ["rar_parts", "Dragon", 2]],
    ["Dragon.7z (1).001", ["seven_z_split", "Dragon.7z", 1]],
    ["Dragon (2).z01", ["zip_spanned", "Dragon (2)", 1]],
  ])("%s is still read as a volume", (name, expected) => {
    expect(reading(name)).toEqual(expected)
  })

  it("is kept in the stem, with the plain stem beside it", () => {
    expect(recogniseName("Dragon (1).zip")).toMatchObject({ stemKey: "dragon (1)", plainStemKey: "dragon" })
    expect(recogniseName("Dragon_2.7z.001")).toMatchObject({ stemKey: "dragon_2.7z", plainStemKey: "dragon.7z" })
  })
})

describe("comparing stems", () => {
  it("ignores case, composition and runs of spaces", () => {
    const one = recogniseName("E\u0301lan  Vital.part1.rar")
    const other = recogniseName("\u00e9lan vital.PART2.RAR")
    expect(one?.stemKey).toBe(other?.stemKey)
  })
})

describe("a volume's label", () => {
  it.each([
    ["Dragon.part01.rar", 7, "Dragon.part07.rar"],
    ["Dragon.7z.001", 12, "Dragon.7z.012"],
    ["Dragon.z01", 100, "Dragon.z100"],
    ["Dragon.r05", 1, "Dragon.rar"],
    ["Dragon.r05", 102, "Dragon.s00"],
    ["Dragon.tar.gz.aa", 28, "Dragon.tar.gz.bb"],
  ])("from %s, volume %i is %s", (name, ordinal, label) => {
    const found = recogniseName(name)
    expect(found && volumeLabel(found, ordinal)).toBe(label)
  })

  const labelsWithAnotherMeaning = ["x.tar.br", "x.tar.gz", "x.tar.id", "x.tar.js"]

  it.each(labelsWithAnotherMeaning)("%s means something else than a volume of x.tar.aa", (name) => {
    expect(recogniseName(name)?.family).not.toBe("tar_split")
  })

  it("names a volume that is read back as that same volume", () => {
    const sample = fc.constantFrom("x.part1.rar", "x.r00", "x.z01", "x.7z.001", "x.zip.001", "x.tar.gz.001", "x.tar.aa")
    fc.assert(
      fc.property(sample, fc.integer({ min: 2, max: 300 }), (name, ordinal) => {
        const original = recogniseName(name)
        if (original === undefined) throw new Error("the sample is a volume")
        const label = volumeLabel(original, ordinal)
        // Volume 44 of x.tar.aa would be x.tar.br: by its name alone it is a compressed tar, and no volume.
        fc.pre(!labelsWithAnotherMeaning.includes(label))
        const again = recogniseName(label)
        expect([again?.family, again?.stemKey, again?.ordinal]).toEqual([original.family, original.stemKey, ordinal])
      }),
    )
  })
})

describe("hostile names", () => {
  it("never throw, whatever they hold", () => {
    const piece = fc.constantFrom(
      ".part",
      "1",
      ".rar",
      ".zip",
      ".7z",
      ".001",
      ".z01",
      "\0",
      "\n",
      "../",
      " (1)",
      "_2",
      "\ud800",
    )
    const name = fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 12 }).map((all) => all.join(""))
    fc.assert(
      fc.property(name, (text) => {
        const found = recogniseName(text)
        expect(found === undefined || found.ordinal >= 0).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it("are read in time linear in their length", () => {
    for (const piece of [".part1", ".zip", "(1)", "_1", ".7z.0", "a", "."]) {
      expect(() => recogniseName(piece.repeat(20_000))).not.toThrow()
    }
  })

  it("with a serial number for a volume number are no volume", () => {
    expect(recogniseName("x.part12345678901234567890.rar")?.role).not.toBe("volume")
  })
})
