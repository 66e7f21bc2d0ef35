import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { captionTag, formatCaptionTag, isSameTag, parseCaptionTag } from "./caption-tag.ts"

const hash = fc.stringMatching(/^[0-9a-f]{64}$/)

describe("the caption tag", () => {
  it("is read back from any caption that holds it on a line of its own", () => {
    fc.assert(
      fc.property(
        hash,
        fc.integer({ min: 1, max: 9999 }),
        fc.nat({ max: 90_000 }),
        fc.string(),
        (digest, part, more, text) => {
          const tag = captionTag(digest, part, part + more)
          const before = text.includes("stash:") ? "" : text
          expect(parseCaptionTag(`${before}\n${formatCaptionTag(tag)}`)).toEqual(tag)
        },
      ),
    )
  })

  it("is not read from words that only look like one", () => {
    expect(parseCaptionTag("stash:0123456789abcdef:3/2")).toBeUndefined()
    expect(parseCaptionTag("stash:0123456789abcdef:0/2")).toBeUndefined()
    expect(parseCaptionTag("stash:0123:1/1")).toBeUndefined()
    expect(parseCaptionTag("see stash:0123456789abcdef:1/1 for more")).toBeUndefined()
  })

  it("tells parts and contents apart", () => {
    const tag = captionTag("ab".repeat(32), 1, 2)
    expect(isSameTag(tag, captionTag("ab".repeat(32), 1, 2))).toBe(true)
    expect(isSameTag(tag, captionTag("ab".repeat(32), 2, 2))).toBe(false)
    expect(isSameTag(tag, captionTag("cd".repeat(32), 1, 2))).toBe(false)
  })
})
