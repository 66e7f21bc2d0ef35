import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "./account.ts"
import type { StoredFile } from "./stored-file.ts"

/** One message of a channel. */
export interface Message {
  /** The server's id: 1, 2, 3 ... in each channel. TDLib shows it times 2^20. */
  readonly id: number
  /** Unix seconds */
  readonly date: number
  readonly text: string
  /** Who sent it; in a broadcast channel only the sandbox's own record shows it. */
  readonly from: Account | undefined
  readonly randomId: bigint | undefined
  readonly albumId: bigint | undefined
  readonly file: StoredFile | undefined
  readonly entities: readonly TlObject[]
  /** The service message "channel created", which is every channel's first, so that a dialog always has a top message. */
  readonly isCreation: boolean
  isDeleted: boolean
}

/** Which messages a history or search call wants. */
export type MessageKind = "any" | "document" | "photo"

/** The paging parameters of messages.getHistory and messages.search (core.telegram.org/api/offsets); 0 means none. */
export interface Page {
  readonly offsetId: number
  readonly addOffset: number
  readonly limit: number
  readonly maxId: number
  readonly minId: number
}

/** How the number of a channel's events begins; the first event makes it 2. */
const FIRST_PTS = 1

/** The index of the first id that is not below this one, in ascending ids. */
const lowerBound = (ids: readonly number[], id: number): number => {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] ?? 0) < id) low = middle + 1
    else high = middle
  }
  return low
}

const removeId = (ids: number[], id: number): void => {
  const index = lowerBound(ids, id)
  if (ids[index] === id) ids.splice(index, 1)
}

export interface ChannelProperties {
  readonly id: number
  readonly accessHash: bigint
  readonly name: string
  readonly title: string
  readonly kind: "channel" | "supergroup"
  readonly isProtected: boolean
  /** Unix seconds */
  readonly created: number
  readonly members: ReadonlySet<Account>
  readonly admins: ReadonlySet<Account>
}

/** A channel or supergroup with its messages and the numbered events that getChannelDifference tells. */
export class Channel {
  readonly properties: ChannelProperties
  readonly messages: Message[] = []
  /** Unix seconds of the last change after the world was loaded. */
  changed = 0
  readonly #live: Record<MessageKind, number[]> = { any: [], document: [], photo: [] }
  /** One entry for each pts: the id of a message that came, or minus the id of one that was deleted. */
  readonly #events: number[] = []

  constructor(properties: ChannelProperties) {
    this.properties = properties
  }

  /** The number of the last event ("pts" in Telegram's words). */
  get pts(): number {
    return FIRST_PTS + this.#events.length
  }

  /** The newest message that is not deleted. */
  get top(): Message | undefined {
    return this.message(this.#live.any.at(-1) ?? 0)
  }

  /** The message with this id, deleted or not. */
  message(id: number): Message | undefined {
    return this.messages[id - 1]
  }

  append(message: Omit<Message, "id" | "isDeleted">): Message {
    const added: Message = { ...message, id: this.messages.length + 1, isDeleted: false }
    this.messages.push(added)
    this.#live.any.push(added.id)
    if (added.file !== undefined) this.#live[added.file.kind].push(added.id)
    this.#events.push(added.id)
    return added
  }

  /** Marks these messages as deleted; returns the ids of those that were not yet. */
  delete(ids: readonly number[]): readonly number[] {
    const deleted: number[] = []
    for (const id of ids) {
      const message = this.message(id)
      if (message === undefined || message.isDeleted || message.isCreation) continue
      message.isDeleted = true
      removeId(this.#live.any, id)
      if (message.file !== undefined) removeId(this.#live[message.file.kind], id)
      this.#events.push(-id)
      deleted.push(id)
    }
    return deleted
  }

  /** The messages of one page, newest first, and how many there are in all. text: a part of the text or file name, "" for any. */
  page(kinds: readonly MessageKind[], text: string, page: Page): { messages: readonly Message[]; count: number } {
    const ids = this.#search(kinds, text)
    const low = page.minId > 0 ? lowerBound(ids, page.minId + 1) : 0
    const high = page.maxId > 0 ? lowerBound(ids, page.maxId) : ids.length
    const end = (page.offsetId > 0 ? lowerBound(ids, page.offsetId) : ids.length) - page.addOffset
    const messages = ids
      .slice(Math.max(low, end - page.limit, 0), Math.max(Math.min(high, end), 0))
      .reverse()
      .flatMap((id) => this.message(id) ?? [])
    return { messages, count: ids.length }
  }

  /** What happened after an event: the messages that came and were not deleted since, and the ids deleted. */
  difference(pts: number, limit: number): { messages: Message[]; deletedIds: number[]; pts: number } {
    const start = Math.max(pts - FIRST_PTS, 0)
    const events = this.#events.slice(start, start + limit)
    return {
      messages: events.flatMap((event) => this.message(event) ?? []).filter((message) => !message.isDeleted),
      deletedIds: events.filter((event) => event < 0).map((event) => -event),
      pts: Math.min(FIRST_PTS + start + events.length, this.pts),
    }
  }

  #search(kinds: readonly MessageKind[], text: string): readonly number[] {
    const [first, ...others] = kinds
    const ids =
      first === undefined || others.length > 0
        ? kinds.flatMap((kind) => this.#live[kind]).sort((a, b) => a - b)
        : this.#live[first]
    if (text === "") return ids
    const sought = text.toLowerCase()
    return ids.filter((id) => {
      const message = this.message(id)
      return `${message?.text ?? ""}\n${message?.file?.name ?? ""}`.toLowerCase().includes(sought)
    })
  }
}
