import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { similarity, tellingWords } from "./name-words.ts"

const word = fc.constantFrom("orc", "warband", "dragon", "bust", "knight", "stl", "supported", "75mm", "v2", "a", "b")
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "))

describe("telling words", () => {
  it("leave out how a thing is packed", () => {
    expect([...tellingWords("Red_Dragon_STL_supported.part1.rar")]).toEqual(["red", "dragon"])
  })

  it("are all words when none of them tells anything", () => {
    expect([...tellingWords("STL Files.zip")]).toEqual(["stl", "files"])
  })
})

describe("the similarity of two names", () => {
  it("is 1 for the same telling words", () => {
    expect(similarity("Red_Dragon_supported.zip", "the red dragon")).toBe(1)
  })

  it("is 0 where one word of several is the same", () => {
    expect(similarity("Dragon Bust.zip", "Dragon Knight")).toBe(0)
    expect(similarity("New Dragon.zip", "new")).toBe(0)
  })

  it("is 0 between two of a series", () => {
    expect(similarity("Orc Warrior A.zip", "Orc Warrior B")).toBe(0)
    expect(similarity("Great Orc 32mm.zip", "Great Orc 75mm")).toBe(0)
  })

  it("is more than half where one name is told with its creator", () => {
    expect(similarity("Orc_Warband.zip", "Artisan Guild - Orc Warband")).toBeGreaterThan(0.6)
  })

  it("is the same both ways, between 0 and 1, and 1 with itself, whatever the words", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const both = similarity(a, b)
        expect(both).toBe(similarity(b, a))
        expect(both).toBeGreaterThanOrEqual(0)
        expect(both).toBeLessThanOrEqual(1)
        expect(similarity(a, a)).toBe(a === "" ? 0 : 1)
      }),
    )
  })
})
