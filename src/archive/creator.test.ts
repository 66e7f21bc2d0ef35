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

  it("is the channel's title without remarks and emoji", () => {
    const channelTitle = "\u{1f409} Titan Forge [official] (2024) - STL files"
    expect(creatorOf({ topicName: null, fileName: "Dragon.zip", channelTitle })).toBe("Titan Forge")
  })

  it("is nobody when the title says only what is there", () => {
    expect(creatorOf({ topicName: null, fileName: "Dragon.zip", channelTitle: "STL files" })).toBeNull()
  })
})
