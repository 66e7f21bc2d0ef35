import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type ArchiveSet, groupArchiveSets, type SourceFile } from "./archive-set.ts"

const posted = (
  names: ReadonlyArray<string>,
  more: Partial<SourceFile> & { readonly sizes?: ReadonlyArray<number>; readonly from?: number } = {},
): ReadonlyArray<SourceFile> => {
  const { sizes, from = 1, ...rest } = more
  return names.map((fileName, index) => ({
    messageId: from + index,
    date: 1_700_000_000 + (from + index) * 60,
    fileName,
    bytes: sizes?.[index] ?? 100,
    senderId: "sender",
    topicId: null,
    albumId: null,
    caption: "",
    ...rest,
  }))
}

const names = (set: ArchiveSet<SourceFile> | undefined) => set?.volumes.map((volume) => volume.fileName)
const summary = (files: ReadonlyArray<SourceFile>) =>
  groupArchiveSets(files).map((set) => [set.name, set.family, set.state, set.volumes.length])

describe("a name that can be a volume counted in letters and something else", () => {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"]
  const labels = letters.flatMap((first) => letters.map((second) => first + second))
  const upTo = (last: string) => labels.slice(0, labels.indexOf(last) + 1).map((label) => `x.tar.${label}`)

  it("is a volume beside the volume before it", () => {
    for (const last of ["br", "gz", "id", "js", "sh"]) {
      expect(summary(posted(upTo(last)))).toEqual([["x.tar", "tar_split", "complete", upTo(last).length]])
    }
  })

  it("is what it says when the volume before it is not there, or is smaller", () => {
    expect(summary(posted(["x.tar.aa", "x.tar.ab", "x.tar.gz"]))).toEqual([
      ["x.tar", "tar_split", "complete", 2],
      ["x.tar.gz", "tar", "complete", 1],
    ])
    const sizes = [...upTo("bq").map(() => 100), 500]
    expect(summary(posted(upTo("br"), { sizes }))).toEqual([
      ["x.tar", "tar_split", "complete", 43],
      ["x.tar.br", "tar", "complete", 1],
    ])
  })

  it("is no volume of another sender's set", () => {
    const files = [...posted(upTo("bq")), ...posted(["x.tar.br"], { from: 100, senderId: "other" })]
    expect(summary(files)).toHaveLength(2)
  })
})

describe("volumes that belong together", () => {
  it("make one set in volume order, whatever order they were posted in", () => {
    const families: ReadonlyArray<ReadonlyArray<string>> = [
      ["x.part1.rar", "x.part2.rar", "x.part3.rar", "x.part10.rar"].slice(0, 3),
      ["x.rar", "x.r00", "x.r01"],
      ["x.z01", "x.z02", "x.zip"],
      ["x.7z.001", "x.7z.002", "x.7z.003"],
      ["x.zip.001", "x.zip.002"],
      ["x.tar.gz.aa", "x.tar.gz.ab", "x.tar.gz.ac"],
      ["x.001", "x.002"],
    ]
    const shuffled = fc
      .constantFrom(...families)
      .chain((family) => fc.tuple(fc.constant(family), fc.shuffledSubarray([...family], { minLength: family.length })))
    fc.assert(
      fc.property(shuffled, ([family, order]) => {
        const sets = groupArchiveSets(posted(order))
        expect(sets).toHaveLength(1)
        expect(names(sets[0])).toEqual(family)
        expect(sets[0]).toMatchObject({ state: "complete", firstMessageId: 1, missing: [], problem: "" })
      }),
    )
  })

  it("do not mix with other sets that are posted between them", () => {
    const stems = ["a", "b", "c"]
    const order = fc.shuffledSubarray(
      stems.flatMap((stem) => [1, 2, 3].map((number) => `${stem}.part${number}.rar`)),
      { minLength: 9 },
    )
    fc.assert(
      fc.property(order, (files) => {
        const sets = groupArchiveSets(posted(files))
        expect(sets.map((set) => set.name).sort()).toEqual(["a.part1.rar", "b.part1.rar", "c.part1.rar"])
        for (const set of sets) expect(new Set(names(set)?.map((name) => name[0])).size).toBe(1)
      }),
    )
  })

  it("count volumes as numbers, not as text", () => {
    const order = Array.from({ length: 12 }, (_, index) => `x.part${index + 1}.rar`)
    expect(names(groupArchiveSets(posted([...order].sort()))[0])).toEqual(order)
  })

  it("put .rar first and .zip last", () => {
    expect(names(groupArchiveSets(posted(["x.r00", "x.r01", "x.rar"]))[0])).toEqual(["x.rar", "x.r00", "x.r01"])
    expect(names(groupArchiveSets(posted(["x.zip", "x.z01"]))[0])).toEqual(["x.z01", "x.zip"])
  })

  it("take a self-extracting .exe as the first of old volumes, and leave other programs out", () => {
    expect(names(groupArchiveSets(posted(["x.exe", "x.r00"]))[0])).toEqual(["x.exe", "x.r00"])
    expect(groupArchiveSets(posted(["setup.exe"]))).toEqual([])
  })

  it("are found by a duplicate's suffix at the second try", () => {
    const sets = groupArchiveSets(posted(["x.part1.rar", "x (1).part2.rar", "x.part3.rar"]))
    expect(sets.map((set) => [names(set), set.state])).toEqual([
      [["x.part1.rar", "x (1).part2.rar", "x.part3.rar"], "complete"],
    ])
  })
})

describe("files that only look alike stay apart", () => {
  it("x.rar and x.part1.rar are two sets", () => {
    expect(summary(posted(["x.rar", "x.part1.rar", "x.part2.rar"]))).toEqual([
      ["x.rar", "rar", "complete", 1],
      ["x.part1.rar", "rar_parts", "complete", 2],
    ])
  })

  it("x.zip and x.zip.001 are two sets", () => {
    expect(groupArchiveSets(posted(["x.zip", "x.zip.001", "x.zip.002"]))).toHaveLength(2)
  })

  it("another sender's or another topic's volume does not join", () => {
    const mine = posted(["x.part1.rar", "x.part3.rar"])
    const theirs = posted(["x.part2.rar"], { from: 10, senderId: "somebody else" })
    const elsewhere = posted(["x.part2.rar"], { from: 20, topicId: 5 })
    expect(groupArchiveSets([...mine, ...theirs, ...elsewhere]).map((set) => set.volumes.length)).toEqual([2, 1, 1])
  })

  it("a set posted over days is one set, though others of its kind are posted meanwhile", () => {
    const day = 24 * 3600
    const on = (days: number, name: string, messageId: number) =>
      posted([name], { from: messageId, date: 1_700_000_000 + days * day })
    const files = [
      ...on(0, "x.part1.rar", 1),
      ...on(1, "y.part1.rar", 2),
      ...on(3, "x.part2.rar", 3),
      ...on(4, "y.part2.rar", 4),
      ...on(9, "x.part3.rar", 5),
    ]
    expect(summary(files)).toEqual([
      ["x.part1.rar", "rar_parts", "complete", 3],
      ["y.part1.rar", "rar_parts", "complete", 2],
    ])
  })

  it("the same set posted twice is two sets", () => {
    const volumes = ["x.part1.rar", "x.part2.rar", "x.part3.rar"]
    expect(summary(posted([...volumes, ...volumes]))).toEqual([
      ["x.part1.rar", "rar_parts", "complete", 3],
      ["x.part1.rar", "rar_parts", "complete", 3],
    ])
  })

  it("a set begun, given up and posted anew is a waiting set and a complete one", () => {
    const files = posted(["x.part1.rar", "x.part3.rar", "x.part1.rar", "x.part2.rar", "x.part3.rar"])
    expect(groupArchiveSets(files).map((set) => [set.state, set.firstMessageId])).toEqual([
      ["waiting", 1],
      ["complete", 3],
    ])
  })

  it("two zips of the same name are two sets, and a .z01 takes the nearer one", () => {
    const sets = groupArchiveSets([...posted(["x.zip"]), ...posted(["x.z01", "x.zip"], { from: 50 })])
    expect(sets.map((set) => [set.family, set.firstMessageId])).toEqual([
      ["zip", 1],
      ["zip_spanned", 50],
    ])
  })

  it("a volume posted months later begins another set, unless it fills a hole", () => {
    const late = { from: 1_000_000 }
    const first = posted(["x.part1.rar", "x.part2.rar"])
    expect(groupArchiveSets([...first, ...posted(["x.part3.rar"], late)])).toHaveLength(2)
    const holed = posted(["x.part1.rar", "x.part3.rar"])
    expect(groupArchiveSets([...holed, ...posted(["x.part2.rar"], late)])).toHaveLength(1)
  })
})

describe("a set that lacks volumes", () => {
  it.each([
    [["x.part1.rar"], []],
    [["x.7z.001"], []],
    [["x.part1.rar", "x.part3.rar"], ["x.part2.rar"]],
    [["x.part2.rar", "x.part3.rar"], ["x.part1.rar"]],
    [["x.r00", "x.r01"], ["x.rar"]],
    [["x.rar", "x.r01"], ["x.r00"]],
    [["x.z01", "x.z02"], ["x.zip"]],
    [["x.z02", "x.zip"], ["x.z01"]],
    [["x.tar.gz.ab"], ["x.tar.gz.aa"]],
  ])("%j waits for %j", (files, missing) => {
    const [set] = groupArchiveSets(posted(files))
    expect(set?.state).toBe("waiting")
    expect(set?.missing).toEqual(missing)
    expect(set?.problem).not.toBe("")
  })

  it("waits when its last volume is larger than the others", () => {
    const [set] = groupArchiveSets(posted(["x.7z.001", "x.7z.002"], { sizes: [10, 20] }))
    expect(set?.state).toBe("waiting")
  })

  it("lists at most a hundred missing volumes", () => {
    const [set] = groupArchiveSets(posted(["x.part1.rar", "x.part99999.rar"]))
    expect(set?.missing).toHaveLength(100)
    expect(set?.problem).toContain("99997 volumes")
  })

  it("says which, the first ten of them by name", () => {
    const problemOf = (...files: ReadonlyArray<string>) => groupArchiveSets(posted(files))[0]?.problem
    expect(problemOf("x.part1.rar", "x.part3.rar")).toBe("Volume x.part2.rar is missing.")
    expect(problemOf("x.7z.001", "x.7z.004")).toBe("2 volumes are missing: x.7z.002, x.7z.003.")
    expect(problemOf("x.7z.001", "x.7z.020")).toMatch(/^18 volumes are missing: .*, x\.7z\.011 and 8 more\.$/)
  })

  it("is conflicting when a complete set before it has all its volumes", () => {
    const sets = groupArchiveSets(posted(["x.7z.001", "x.7z.002", "x.7z.002"]))
    expect(sets.map((set) => set.state)).toEqual(["complete", "conflicting"])
  })
})

describe("every file", () => {
  it("is in exactly one set, and the sets are ordered by their first message", () => {
    const name = fc
      .tuple(
        fc.constantFrom("a", "b", "a (1)"),
        fc.constantFrom(".part1.rar", ".part2.rar", ".rar", ".r00", ".zip", ".z01", ".7z.001", ".7z.002", ".stl"),
      )
      .map(([stem, end]) => stem + end)
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (files) => {
        const sets = groupArchiveSets(posted(files))
        const ids = sets.flatMap((set) => set.volumes.map((volume) => volume.messageId))
        expect(ids.sort((a, b) => a - b)).toEqual(files.map((_, index) => index + 1))
        const firsts = sets.map((set) => set.firstMessageId)
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
        for (const set of sets)
          expect(set.firstMessageId).toBe(Math.min(...set.volumes.map((volume) => volume.messageId)))
      }),
      { numRuns: 500 },
    )
  })
})
