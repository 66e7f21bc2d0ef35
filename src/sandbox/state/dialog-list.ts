import type { Account } from "./account.ts"
import type { Channel } from "./channel.ts"

/** Where a dialog stands in a list: core.telegram.org/api/offsets. */
export interface DialogPosition {
  /** Unix seconds of the newest message. */
  readonly date: number
  /** Its id. */
  readonly messageId: number
  readonly channelId: number
}

/** Newest first; of the same date and message id the smaller channel first, which is the order that TDLib expects. */
const compare = (a: DialogPosition, b: DialogPosition): number =>
  b.date - a.date || b.messageId - a.messageId || a.channelId - b.channelId

interface Entry extends DialogPosition {
  readonly channel: Channel
}

interface Sorted {
  readonly version: number
  readonly entries: readonly Entry[]
}

/** The chats of each account, newest first. Sorted again only when something has changed since. */
export class DialogLists {
  readonly #channelsOf: (account: Account) => readonly Channel[]
  readonly #version: () => number
  readonly #lists = new Map<string, Sorted>()

  /** version: another number after every change to channels, members or messages. */
  constructor(channelsOf: (account: Account) => readonly Channel[], version: () => number) {
    this.#channelsOf = channelsOf
    this.#version = version
  }

  /** The chats after this position, at most limit, and how many there are in all. archived: of the archive. */
  page(
    account: Account,
    archived: boolean,
    after: DialogPosition | undefined,
    limit: number,
  ): { channels: readonly Channel[]; isLast: boolean; count: number } {
    const entries = this.#sorted(account, archived)
    const start = after === undefined ? 0 : firstAfter(entries, after)
    const page = entries.slice(start, start + limit)
    return {
      channels: page.map(({ channel }) => channel),
      isLast: start + page.length >= entries.length,
      count: entries.length,
    }
  }

  #sorted(account: Account, archived: boolean): readonly Entry[] {
    const key = `${account.phone}:${archived}`
    const version = this.#version()
    const known = this.#lists.get(key)
    if (known?.version === version) return known.entries
    const entries = this.#channelsOf(account)
      .filter((channel) => channel.archivedBy.has(account) === archived)
      .map((channel): Entry => {
        const top = channel.topFor(account)
        const { id, created } = channel.properties
        return { channel, channelId: id, date: top?.date ?? created, messageId: top?.id ?? 0 }
      })
      .sort(compare)
    this.#lists.set(key, { version, entries })
    return entries
  }
}

/** The index of the first entry behind a position, by halving. */
const firstAfter = (entries: readonly Entry[], position: DialogPosition): number => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = entries[middle]
    if (entry !== undefined && compare(entry, position) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
