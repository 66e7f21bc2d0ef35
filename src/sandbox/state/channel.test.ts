import { describe, expect, it } from "vitest"
import { Channel } from "./channel.ts"
import { DEFAULT_SETTINGS } from "./channel-properties.ts"

const PAGE = { offsetId: 0, addOffset: 0, limit: 3, maxId: 0, minId: 0 }

/** A channel with this many texts; message 1 says "text 1". */
const channelWith = (count: number): Channel => {
  const channel = new Channel({
    id: 1,
    accessHash: 1n,
    name: "c",
    kind: "channel",
    created: 0,
    ...DEFAULT_SETTINGS,
    title: "C",
  })
  for (let number = 1; number <= count; number++) {
    channel.append({
      date: number,
      text: `text ${number}`,
      from: undefined,
      randomId: undefined,
      albumId: undefined,
      file: undefined,
      entities: [],
      isCreation: false,
    })
  }
  return channel
}

const idsOf = (channel: Channel, page: Partial<typeof PAGE>, text = "") =>
  channel.page({ kind: "any", text }, { ...PAGE, ...page }).messages.map((message) => message.id)

describe("A page of a channel", () => {
  it("begins with the newest message", () => expect(idsOf(channelWith(9), {})).toEqual([9, 8, 7]))

  it("goes on below the offset id", () => expect(idsOf(channelWith(9), { offsetId: 7 })).toEqual([6, 5, 4]))

  it("reaches newer messages with a negative offset", () => {
    expect(idsOf(channelWith(9), { offsetId: 5, addOffset: -2 })).toEqual([6, 5, 4])
  })

  it("is cut short at the newest message, not shifted", () => {
    expect(idsOf(channelWith(9), { offsetId: 9, addOffset: -2 })).toEqual([9, 8])
  })

  it("stays between the least and the greatest id, both excluded", () => {
    expect(idsOf(channelWith(9), { maxId: 8, minId: 5, limit: 10 })).toEqual([7, 6])
  })

  it("finds text in any letter case", () => expect(idsOf(channelWith(9), {}, "TEXT 4")).toEqual([4]))

  it("leaves deleted messages out", () => {
    const channel = channelWith(5)
    channel.delete([4])
    expect(idsOf(channel, {})).toEqual([5, 3, 2])
  })
})

describe("The difference of a channel", () => {
  it("tells new messages and deletions after an event, in slices of the wanted size", () => {
    const channel = channelWith(5)
    channel.delete([2, 5])
    const first = channel.difference(4, 3)
    expect([first.messages.map(({ id }) => id), first.deletedIds, first.pts]).toEqual([[4], [2], 7])
    expect(channel.difference(first.pts, 3)).toMatchObject({ deletedIds: [5], pts: channel.pts })
  })
})
