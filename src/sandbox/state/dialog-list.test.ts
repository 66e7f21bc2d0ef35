import { describe, expect, it } from "vitest"
import type { Account } from "./account.ts"
import { Channel } from "./channel.ts"
import { DEFAULT_SETTINGS } from "./channel-properties.ts"
import { DialogLists, type DialogPosition } from "./dialog-list.ts"

// Only its identity and phone matter here.
const account = { phone: "15550001" } as Account

const channelAt = (id: number, date: number): Channel => {
  const properties = { id, accessHash: 1n, name: `c${id}`, kind: "channel" as const, created: date }
  const channel = new Channel({ ...properties, ...DEFAULT_SETTINGS, title: "C" })
  channel.append({
    date,
    text: "",
    from: undefined,
    randomId: undefined,
    albumId: undefined,
    file: undefined,
    entities: [],
    isCreation: true,
  })
  return channel
}

const positionOf = (channel: Channel | undefined): DialogPosition => ({
  date: channel?.top?.date ?? 0,
  messageId: channel?.top?.id ?? 0,
  channelId: channel?.properties.id ?? 0,
})

/** The ids of all pages, one after the other. */
const idsByPages = (lists: DialogLists, archived: boolean, limit: number): readonly number[] => {
  const ids: number[] = []
  for (let after: DialogPosition | undefined; ; ) {
    const { channels, isLast } = lists.page(account, archived, after, limit)
    ids.push(...channels.map((channel) => channel.properties.id))
    if (isLast) return ids
    after = positionOf(channels.at(-1))
  }
}

describe("A list of dialogs", () => {
  it("shows every chat once over its pages, also where all have the same date and message id", () => {
    const channels = Array.from({ length: 25 }, (_, index) => channelAt(index + 1, 100))
    const lists = new DialogLists(
      () => channels.toReversed(),
      () => 1,
    )
    expect(idsByPages(lists, false, 10)).toEqual(channels.map((channel) => channel.properties.id))
  })

  it("begins with the chat of the newest message, and keeps the archive apart", () => {
    const channels = [channelAt(1, 100), channelAt(2, 300), channelAt(3, 200)]
    channels[2]?.archivedBy.add(account)
    const lists = new DialogLists(
      () => channels,
      () => 1,
    )
    expect([idsByPages(lists, false, 10), idsByPages(lists, true, 10)]).toEqual([[2, 1], [3]])
  })

  it("is sorted again after a change", () => {
    const channels = [channelAt(1, 100), channelAt(2, 300)]
    let version = 1
    const lists = new DialogLists(
      () => channels,
      () => version,
    )
    expect(idsByPages(lists, false, 10)).toEqual([2, 1])
    channels.push(channelAt(3, 400))
    version = 2
    expect(idsByPages(lists, false, 10)).toEqual([3, 2, 1])
  })
})
