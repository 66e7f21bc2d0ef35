import { describe, expect, it } from "vitest"
import { groupArchiveSets, type SourceFile } from "./archive-set.ts"
import { matchPreview, type SourcePhoto } from "./preview-match.ts"

const now = 1_700_000_000
const file = (messageId: number, fileName: string, more: Partial<SourceFile> = {}): SourceFile => ({
  messageId,
  date: now,
  fileName,
  bytes: 100,
  senderId: "a",
  topicId: null,
  albumId: null,
  caption: "",
  ...more,
})
const photo = (messageId: number, more: Partial<SourcePhoto> = {}): SourcePhoto => ({
  messageId,
  date: now,
  senderId: "b",
  topicId: null,
  albumId: null,
  caption: "",
  ...more,
})
const match = (files: ReadonlyArray<SourceFile>, photos: ReadonlyArray<SourcePhoto>) => {
  const [set] = groupArchiveSets(files)
  return set && matchPreview(set, photos)?.messageId
}

describe("the photo that belongs to a set", () => {
  it("has the set's name as its caption, apart from case and separators", () => {
    const files = [file(5, "Red_Dragon.part1.rar"), file(6, "Red_Dragon.part2.rar")]
    expect(match(files, [photo(1, { caption: "red dragon" })])).toBe(1)
    expect(match(files, [photo(1, { caption: "Red Dragon!\nsupported, 75 mm" })])).toBe(1)
  })

  it("is not one whose caption merely holds a part of the name", () => {
    expect(match([file(5, "New Dragon.zip")], [photo(1, { caption: "new" })])).toBeUndefined()
    expect(match([file(5, "New.zip")], [photo(1, { caption: "brand new dragon" })])).toBeUndefined()
  })

  it("is at most six hours away", () => {
    const caption = "Dragon"
    expect(match([file(5, "Dragon.zip")], [photo(1, { caption, date: now - 6 * 3600 })])).toBe(1)
    expect(match([file(5, "Dragon.zip")], [photo(1, { caption, date: now - 6 * 3600 - 1 })])).toBeUndefined()
  })

  it("is the nearest of several with that caption", () => {
    const caption = "Dragon"
    expect(
      match([file(50, "Dragon.zip")], [photo(1, { caption }), photo(49, { caption }), photo(99, { caption })]),
    ).toBe(49)
  })

  it("may be named by most of the words, and the best of several is taken", () => {
    const files = [file(50, "Artisan_Guild_Orc_Warband_supported.zip")]
    expect(
      match(files, [photo(49, { caption: "Orc Warband" }), photo(1, { caption: "Artisan Guild: Orc Warband" })]),
    ).toBe(1)
    expect(match(files, [photo(1, { caption: "Orc Warband" })])).toBe(1)
    expect(match(files, [photo(1, { caption: "Orc Chieftain" })])).toBeUndefined()
    expect(match([file(5, "Orc 2.zip")], [photo(1, { caption: "Orc 1" })])).toBeUndefined()
  })

  it("may be one that the archive answers, however long ago it was posted", () => {
    expect(match([file(900, "x.zip", { replyToMessageId: 3 })], [photo(3, { date: now - 90 * 86_400 })])).toBe(3)
  })

  it("may be in the same album, or an answer of the sender's", () => {
    expect(match([file(5, "x.zip", { albumId: "7" })], [photo(9, { albumId: "7" })])).toBe(9)
    expect(match([file(5, "x.zip")], [photo(9, { senderId: "a", replyToMessageId: 5 })])).toBe(9)
  })

  it("may be the one right before it by the same sender", () => {
    expect(match([file(5, "x.zip")], [photo(4, { senderId: "a", date: now - 600 })])).toBe(4)
    expect(match([file(5, "x.zip")], [photo(4, { senderId: "a", date: now - 601 })])).toBeUndefined()
    expect(match([file(5, "x.zip")], [photo(3, { senderId: "a" }), photo(4)])).toBeUndefined()
    expect(match([file(5, "x.zip", { topicId: 2 })], [photo(4, { senderId: "a", topicId: 3 })])).toBeUndefined()
  })

  it("is the first of an album right before it", () => {
    const album = [2, 3, 4].map((id) => photo(id, { senderId: "a", albumId: "9" }))
    expect(match([file(5, "x.zip")], album)).toBe(2)
  })

  it("is not the one that was posted for another set in between", () => {
    const [set] = groupArchiveSets([file(7, "x.zip")])
    const before = [photo(4, { senderId: "a" })]
    if (set === undefined) throw new Error("one file is one set")
    expect(matchPreview(set, before, [5, 7])).toBeUndefined()
    expect(matchPreview(set, before, [2, 7])?.messageId).toBe(4)
  })
})
