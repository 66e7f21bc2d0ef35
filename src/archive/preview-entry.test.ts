import { describe, expect, it } from "vitest"
import { entryOf } from "./listing.ts"
import { previewEntries } from "./preview-entry.ts"

const choose = (...paths: ReadonlyArray<string>) => previewEntries(paths.map((path) => entryOf(path, 1000)))[0]?.path

describe("the image that stands for an archive", () => {
  it("is the one that calls itself a preview", () => {
    expect(choose("a.jpg", "1.jpg", "cover.png")).toBe("cover.png")
  })

  it("is the first of a series otherwise, the least deep one before others", () => {
    expect(choose("x/y/z.jpg", "3.jpg", "2.jpg")).toBe("2.jpg")
    expect(choose("x/y/z.jpg", "z.jpg")).toBe("z.jpg")
  })

  it("has two others behind it, in case it is none", () => {
    const entries = ["d.jpg", "c.jpg", "cover.png", "1.jpg"].map((path) => entryOf(path, 1000))
    expect(previewEntries(entries).map(({ path }) => path)).toEqual(["cover.png", "1.jpg", "c.jpg"])
  })

  it("does not depend on the order of the entries", () => {
    expect(choose("b.jpg", "a.jpg")).toBe(choose("a.jpg", "b.jpg"))
  })

  it("is never empty, larger than 2 MiB, encrypted, another format or a resource fork", () => {
    const entries = [
      entryOf("preview.jpg", 0),
      entryOf("preview.png", 2 * 1024 * 1024 + 1),
      entryOf("cover.jpg", 10, { encrypted: true }),
      entryOf("cover.gif", 10),
      entryOf("__MACOSX/._cover.jpg", 10),
    ]
    expect(previewEntries(entries)).toEqual([])
  })
})
