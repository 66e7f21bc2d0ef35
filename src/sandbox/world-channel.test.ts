import { describe, expect, it } from "vitest"
import { problemsOfChannel, type WorldChannelFrame } from "./world-channel.ts"

const isAccount = (phone: string): boolean => phone === "15550001"

const problemsOf = (channel: Partial<Parameters<typeof problemsOfChannel>[0]>): readonly string[] => {
  const frame: WorldChannelFrame = { name: "a", kind: "supergroup" }
  return problemsOfChannel({ ...frame, ...channel }, "channels[0].", isAccount)
}

describe("A channel of a world", () => {
  it("may name its creator, members since a date, rights of administrators, and the topics of a forum", () => {
    const channel = {
      creator: "15550001",
      members: [{ phone: "15550001", joined: "2026-01-01" }],
      admins: [{ phone: "15550001", rights: ["postMessages" as const] }],
      forum: true,
      topics: [{ name: "General", hidden: true }, { name: "b" }],
      messages: [{ topic: "b" }, { topic: "General" }, {}],
    }
    expect(problemsOf(channel)).toEqual([])
  })

  it("is refused with the path of every phone that no account has", () => {
    const phone = "15550009"
    expect(
      problemsOf({ creator: phone, members: [{ phone }], admins: [phone], banned: [phone], archived: [phone] }),
    ).toEqual([
      "channels[0].members[0].phone: Expected the phone of an account, found 15550009",
      "channels[0].admins[0]: Expected the phone of an account, found 15550009",
      "channels[0].banned[0]: Expected the phone of an account, found 15550009",
      "channels[0].archived[0]: Expected the phone of an account, found 15550009",
      "channels[0].creator: Expected the phone of an account, found 15550009",
    ])
  })

  it("is refused when it has topics without being a forum, or is a forum without being a supergroup", () => {
    expect(problemsOf({ topics: [{ name: "b" }], messages: [{ topic: "b" }] })).toEqual([
      "channels[0].topics: Expected forum: true beside topics",
      "channels[0].messages[0].topic: Expected a forum for a topic",
    ])
    expect(problemsOf({ kind: "channel", forum: true })).toEqual([
      "channels[0].forum: Expected kind supergroup for a forum, found channel",
    ])
  })

  it("is refused when topics have one name, one but General is hidden, or a message names none of them", () => {
    const topics = [{ name: "b", hidden: true }, { name: "b" }]
    expect(problemsOf({ forum: true, topics, messages: [{ topic: "c" }] })).toEqual([
      "channels[0].topics[0].hidden: Expected only the topic General to be hidden",
      "channels[0].topics[1].name: Expected a value of its own, found b again",
      "channels[0].messages[0].topic: Expected a topic, found c",
    ])
  })
})
