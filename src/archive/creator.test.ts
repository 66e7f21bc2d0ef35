import { describe, expect, it } from "vitest"
import { creatorOf } from "./creator.ts"

describe("the creator", () => {
  it("is the topic's name before anything else", () => {
    expect(creatorOf({ topicName: "Loot Studios", fileName: "Other - Dragon.zip", channelTitle: "STL" })).toBe(
      "Loot Studios",
    )
  })

  it("is never the General topic", () => {
    expect(creatorOf({ topicName: "General", fileName: "Dragon.zip", channelTitle: null })).toBeNull()
  })

  it("is what stands before the dash of a file name", () => {
    expect(creatorOf({ topicName: null, fileName: "Artisan_Guild_-_Dragon.zip", channelTitle: "X" })).toBe(
      "Artisan Guild",
    )
  })

  it("is not any capitalised first word of a file name", () => {
    expect(creatorOf({ topicName: null, fileName: "Dragon_Bust.zip", channelTitle: null })).toBeNull()
  })

  it("is not a thing whose variant is named after the dash", () => {
    for (const fileName of [
      "Red Dragon - supported.zip",
      "Red Dragon - Pre-supported STL.7z",
      "Red_Dragon_-_75mm.zip",
      "Red Dragon - v2 (fixed).zip",
      "Red Dragon - Part 3.part1.rar",
      "Red Dragon - STL.zip",
    ])
      expect(creatorOf({ topicName: null, fileName, channelTitle: null })).toBeNull()
  })

  it("is not a month, or a place in a series, before the dash", () => {
    for (const fileName of [
      "March 2024 - Dragon.zip",
      "2024-03 - Dragon.zip",
      "Part 2 - Head.zip",
      "Vol. 3 - Orcs.rar",
    ])
      expect(creatorOf({ topicName: null, fileName, channelTitle: null })).toBeNull()
  })

  it("is the channel's title without remarks and emoji", () => {
    const channelTitle = "\u{1f409} Titan Forge [official] (2024) - STL files"
    expect(creatorOf({ topicName: null, fileName: "Dragon.zip", channelTitle })).toBe("Titan Forge")
  })

  it("is nobody when the title says only what is there", () => {
    expect(creatorOf({ topicName: null, fileName: "Dragon.zip", channelTitle: "STL files" })).toBeNull()
  })
})
