import { describe, expect, it } from "vitest"
import { Channel } from "./channel.ts"
import { DEFAULT_SETTINGS } from "./channel-properties.ts"

const PAGE = { offsetId: 0, addOffset: 0, limit: 3, maxId: 0, minId: 0 }

const textMessage = {
  from: undefined,
  randomId: undefined,
  albumId: undefined,
  file: undefined,
  entities: [],
  isCreation: false,
}

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
    channel.append({ ...textMessage, date: number, text: `text ${number}` })
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

describe("A page of a search", () => {
  it("has what came after the page before, and not what was deleted since", () => {
    const channel = channelWith(12)
    expect(idsOf(channel, {}, "text 1")).toEqual([12, 11, 10])
    channel.delete([11])
    channel.append({ ...textMessage, date: 13, text: "text 13" })
    expect(idsOf(channel, { limit: 10 }, "text 1")).toEqual([13, 12, 10, 1])
  })

  it("follows an edit", () => {
    const channel = channelWith(9)
    expect(idsOf(channel, {}, "text 4")).toEqual([4])
    channel.edit(4, { text: "something else" }, 10)
    channel.edit(7, { text: "text 4 now" }, 10)
    expect(idsOf(channel, {}, "text 4")).toEqual([7])
  })

  it("by date leaves out what is not between", () => {
    const sought = { kind: "any", minDate: 3, maxDate: 7 } as const
    const { messages } = channelWith(9).page(sought, { ...PAGE, limit: 10 })
    expect(messages.map(({ id }) => id)).toEqual([6, 5, 4])
  })

  it("by pinning has the pinned ones alone", () => {
    const channel = channelWith(9)
    channel.pin([8, 3], true)
    channel.pin([8], false)
    expect(channel.page({ kind: "pinned" }, PAGE).messages.map(({ id }) => id)).toEqual([3])
  })

  it("is the same when very many messages are deleted at once as when they are one by one", () => {
    const [together, single] = [channelWith(300), channelWith(300)]
    const ids = Array.from({ length: 150 }, (_, index) => index * 2 + 1)
    together.delete(ids)
    for (const id of ids) single.delete([id])
    expect(idsOf(together, { limit: 300 })).toEqual(idsOf(single, { limit: 300 }))
    expect(together.pts).toBe(single.pts)
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

  it("tells an edited message once, as it is now", () => {
    const channel = channelWith(3)
    const { pts } = channel
    channel.edit(1, { text: "first" }, 10)
    channel.edit(1, { text: "second" }, 11)
    channel.append({ ...textMessage, date: 12, text: "new" })
    channel.edit(4, { text: "newer" }, 13)
    const { edited, messages } = channel.difference(pts, 10)
    expect(edited.map(({ id, text, editDate }) => [id, text, editDate])).toEqual([[1, "second", 11]])
    expect(messages.map(({ id, text }) => [id, text])).toEqual([[4, "newer"]])
  })

  it("tells what was pinned or taken off, and nothing of it that was deleted since", () => {
    const channel = channelWith(3)
    const { pts } = channel
    channel.pin([1, 2, 3], true)
    channel.pin([2], false)
    channel.delete([3])
    const { pinned, deletedIds } = channel.difference(pts, 10)
    expect(pinned.map(({ id, isPinned }) => [id, isPinned])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(deletedIds).toEqual([3])
  })
})
