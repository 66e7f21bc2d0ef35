import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { groupArchiveSets, type SourceFile } from "../../src/archive/archive-set.ts"
import { SetGatherer } from "./set-gatherer.ts"

const file = (messageId: number, fileName: string, bytes = 10): SourceFile => ({
  messageId,
  fileName,
  bytes,
  date: messageId,
  senderId: null,
  topicId: null,
  albumId: null,
  caption: "",
})

const namesOf = (sets: ReadonlyArray<{ readonly volumes: ReadonlyArray<SourceFile> }>) =>
  sets.map(({ volumes }) => volumes.map(({ fileName }) => fileName).join("+")).sort()

/** Gives a gatherer the files page by page; what it gives out, and how much it held at most. */
const gather = (files: ReadonlyArray<SourceFile>, pageSize: number) => {
  const gatherer = new SetGatherer<SourceFile>([])
  const given: Array<{ readonly volumes: ReadonlyArray<SourceFile> }> = []
  let mostHeld = 0
  for (let at = 0; at < files.length; at += pageSize) {
    gatherer.add(files.slice(at, at + pageSize))
    given.push(...gatherer.take(false))
    mostHeld = Math.max(mostHeld, [...gatherer.held].length)
  }
  given.push(...gatherer.take(true))
  return { given, mostHeld, left: [...gatherer.held], ignored: gatherer.ignored }
}

describe("sets that are gathered while a scan goes on", () => {
  it("are those of the whole scan, in either direction, when their volumes were posted near each other", () => {
    const post = fc.record({ volumes: fc.integer({ min: 1, max: 6 }), isText: fc.boolean() })
    const pageSize = fc.integer({ min: 1, max: 120 })
    fc.assert(
      fc.property(fc.array(post, { maxLength: 80 }), pageSize, fc.boolean(), (posts, pageSize, isDown) => {
        let id = 0
        const files = posts.flatMap(({ isText, volumes }, index) => {
          if (isText) return [file(++id, `note ${index}.txt`)]
          if (volumes === 1) return [file(++id, `single ${index}.zip`)]
          return Array.from({ length: volumes }, (_, n) => file(++id, `set ${index}.part${n + 1}.rar`))
        })
        const read = isDown ? [...files].reverse() : files
        const { given, ignored, left } = gather(read, pageSize)
        expect(namesOf(given)).toEqual(namesOf(groupArchiveSets(files, { documentExtensions: [] })))
        expect(left).toEqual([])
        expect(ignored).toBe(posts.filter(({ isText }) => isText).length)
      }),
    )
  })

  it("are joined over any distance when volumes are known to be missing", () => {
    const filler = Array.from({ length: 1000 }, (_, n) => file(100 + n, `filler ${n}.zip`))
    const files = [file(1, "x.part1.rar"), file(2, "x.part3.rar"), ...filler, file(5000, "x.part2.rar")]
    const { given } = gather(files, 100)
    expect(namesOf(given)).toContain("x.part1.rar+x.part2.rar+x.part3.rar")
  })

  it("do not fill the memory, however long the channel and whatever is missing", () => {
    const singles = Array.from({ length: 20_000 }, (_, n) => file(n + 1, `x ${n}.zip`))
    expect(gather(singles, 100)).toMatchObject({ mostHeld: 100, left: [] })
    const broken = Array.from({ length: 6_000 }, (_, n) => file(n + 1, `x ${n}.part2.rar`))
    const { given, mostHeld } = gather(broken, 500)
    expect(given).toHaveLength(6_000)
    expect(mostHeld).toBeLessThanOrEqual(2_000)
  })
})
