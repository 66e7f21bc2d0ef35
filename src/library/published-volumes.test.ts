import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { groupArchiveSets } from "../archive/archive-set.ts"
import { planParts } from "../archive/parts.ts"
import { publishedSet } from "./published-volumes.ts"

const part = (name: string) => ({ name, bytes: 100 })
const MIB = 1024 * 1024

describe("the volumes of a package", () => {
  it("are its messages, in volume order", () => {
    expect(publishedSet(["a.part2.rar", "a.part1.rar"].map(part), "RAR")).toEqual({
      family: "rar_parts",
      archiveType: "RAR",
      volumes: [
        { name: "a.part1.rar", parts: [1] },
        { name: "a.part2.rar", parts: [0] },
      ],
    })
  })

  it("may be a document of any kind", () => {
    expect(publishedSet([part("a.xyz")], "DOCUMENT")).toMatchObject({
      family: "document",
      volumes: [{ name: "a.xyz" }],
    })
  })

  it("of a large zip are pieces that read as one", () => {
    expect(publishedSet(["a.zip.001", "a.zip.002"].map(part), "ZIP")).toMatchObject({
      family: "zip_split",
      volumes: [{ parts: [0] }, { parts: [1] }],
    })
  })

  it("of what the predecessor joined and cut are understood by the archive's type", () => {
    expect(publishedSet(["a.concat.002", "a.concat.001"].map(part), "ZIP")).toEqual({
      family: "zip_split",
      archiveType: "ZIP",
      volumes: [
        { name: "a.concat.001", parts: [1] },
        { name: "a.concat.002", parts: [0] },
      ],
    })
  })

  it("that belong to two archives, or to none, are none", () => {
    expect(publishedSet(["a.zip", "b.zip"].map(part), "ZIP")).toBeUndefined()
    expect(publishedSet(["a.txt", "b.txt"].map(part), "ZIP")).toBeUndefined()
    expect(publishedSet([], "ZIP")).toBeUndefined()
  })

  it("are found again from every way in which they are published", () => {
    const names = fc.constantFrom(
      ["Dragon.zip"],
      ["Dragon.7z"],
      ["Dragon.rar"],
      ["Dragon.7z.001", "Dragon.7z.002", "Dragon.7z.003"],
      ["Dragon.part1.rar", "Dragon.part2.rar", "Dragon.part3.rar"],
      ["Dragon.rar", "Dragon.r00", "Dragon.r01"],
      ["Dragon.tar.gz"],
    )
    const sizes = fc.array(fc.integer({ min: 1, max: 5 * MIB }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(names, sizes, fc.integer({ min: 1, max: 4 }), (names, sizes, limit) => {
        const volumes = names.map((name, index) => ({ name, bytes: sizes[index] ?? 1 }))
        const [set] = groupArchiveSets(
          volumes.map(({ bytes, name }, index) => ({
            messageId: index,
            date: 0,
            fileName: name,
            bytes,
            senderId: null,
            topicId: null,
            albumId: null,
            caption: "",
          })),
        )
        const planned = planParts(volumes, limit * MIB)
        const found = publishedSet(planned, set?.archiveType ?? "ZIP")
        // Whether pieces are taken for volumes of a byte split, or joined: in their order they are the content.
        expect(found?.volumes.flatMap(({ parts }) => parts)).toEqual(planned.map((_, index) => index))
        expect(found?.archiveType).toBe(set?.archiveType)
      }),
    )
  })
})
