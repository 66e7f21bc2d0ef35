import { describe, expect, it } from "vitest"
import { loadWorld, WorldError } from "./world.ts"
import { countOf, repetitionsOf } from "./world-message.ts"

const problemsOf = (messages: readonly object[]): readonly string[] => {
  try {
    loadWorld({ accounts: [], channels: [{ name: "c", kind: "channel", messages }] } as never)
    return []
  } catch (error) {
    if (error instanceof WorldError) return error.problems
    throw error
  }
}

describe("A message that repeats", () => {
  it("is so many messages, each with its number wherever it says {n}", () => {
    const message = {
      repeat: 2,
      generate: { bytes: 5, seed: "seed {n}" },
      name: "part.{n}.zip",
      caption: "{n} of {n}",
      label: "part {n}",
    }
    expect([...repetitionsOf(message)]).toEqual([
      { generate: { bytes: 5, seed: "seed 1" }, name: "part.1.zip", caption: "1 of 1", label: "part 1" },
      { generate: { bytes: 5, seed: "seed 2" }, name: "part.2.zip", caption: "2 of 2", label: "part 2" },
    ])
    expect(countOf([message, { text: "one more" }])).toBe(3)
  })

  it("is refused when all of them would have one label", () => {
    expect(problemsOf([{ repeat: 2, text: "a", label: "same" }])).toEqual([
      "channels[0].messages[0].label: Expected a value of its own, found same again",
    ])
  })
})

describe("A message that refers to another one", () => {
  it("may name one before it, by label or number", () => {
    expect(
      problemsOf([
        { text: "a", label: "first" },
        { text: "b", replyTo: "first" },
        { text: "c", replyTo: 1 },
        { forward: { channel: "c", message: "first" } },
      ]),
    ).toEqual([])
  })

  it("is refused with its path when that one is not there yet", () => {
    expect(
      problemsOf([
        { text: "a", replyTo: "later" },
        { text: "b", label: "later", replyTo: 1 },
        { service: { pinned: "nothing" } },
        { forward: { channel: "other", message: "later" } },
      ]),
    ).toEqual([
      "channels[0].messages[0].replyTo: Expected the label or number of an earlier message, found later",
      "channels[0].messages[1].replyTo: Expected the label or number of an earlier message, found 1",
      "channels[0].messages[2].service.pinned: Expected the label or number of an earlier message, found nothing",
      "channels[0].messages[3].forward.channel: Expected the name of this or an earlier channel, found other",
    ])
  })
})

describe("A message is refused", () => {
  it.each([
    [{ text: "a", as: "video" }, "Expected no as beside text"],
    [{ service: { title: "t" }, caption: "c" }, "Expected no caption beside service"],
    [
      { photo: { generate: { bytes: 1, seed: 1 } }, thumbnail: { generate: { width: 9, height: 9, seed: 1 } } },
      "thumbnail",
    ],
  ])("when its fields do not go together: %j", (message, expected) => {
    expect(problemsOf([message])[0]).toContain(expected)
  })
})
