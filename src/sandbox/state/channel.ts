import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "./account.ts"
import type { ChannelProperties, ChannelSettings } from "./channel-properties.ts"
import { Invites } from "./invites.ts"
import { LiveMessages, lowerBound } from "./live-messages.ts"
import { Members } from "./members.ts"
import type { StoredFile } from "./stored-file.ts"
import { Topics } from "./topics.ts"

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
  /** What a service message tells; a message without one has content. */
  readonly action?: TlObject | undefined
  /** The topic of a forum; General when there is none. */
  readonly topicId?: number | undefined
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
  /** Messages up to this id do not exist for who asks. */
  readonly hiddenUpTo?: number
}

/** How the number of a channel's events begins; the first event makes it 2. */
const FIRST_PTS = 1

/** A channel or supergroup with its messages and the numbered events that getChannelDifference tells. */
export class Channel {
  readonly members = new Members()
  readonly invites = new Invites()
  readonly messages: Message[] = []
  /** Unix seconds of the last change after the world was loaded. */
  changed = 0
  readonly topics = new Topics()
  /** The accounts that have it in their archive instead of the main list. */
  readonly archivedBy = new Set<Account>()
  readonly #live = new LiveMessages()
  /** One entry for each pts: the id of a message that came, or minus the id of one that was deleted. */
  readonly #events: number[] = []

  #properties: ChannelProperties

  constructor(properties: ChannelProperties) {
    this.#properties = properties
  }

  get properties(): ChannelProperties {
    return this.#properties
  }

  change(settings: Partial<ChannelSettings>): void {
    const becomesForum = settings.isForum === true && !this.#properties.isForum
    this.#properties = { ...this.#properties, ...settings }
    // Everything posted so far is in General then.
    if (becomesForum) for (const message of this.messages) if (!message.isDeleted) this.topics.add(message)
  }

  /** Whether an account may read here: a member, or anybody while there is a username. */
  isReadableBy(account: Account): boolean {
    const { isDeleted, isClosed, username } = this.#properties
    if (isDeleted || this.members.isBanned(account)) return false
    if (isClosed) return this.members.isAdmin(account)
    return username !== undefined || this.members.has(account)
  }

  /** Whether an account has this channel among its chats. */
  isChatOf(account: Account): boolean {
    return this.members.has(account) && this.isReadableBy(account)
  }

  /** The messages up to this id are hidden from an account that joined after them; 0 hides nothing. */
  hiddenUpTo(account: Account): number {
    if (!this.#properties.isHistoryHidden || this.members.isAdmin(account)) return 0
    return this.members.get(account)?.joinedAfter ?? this.messages.length
  }

  /** The number of the last event ("pts" in Telegram's words). */
  get pts(): number {
    return FIRST_PTS + this.#events.length
  }

  /** The newest message that is not deleted. */
  get top(): Message | undefined {
    return this.message(this.#live.top ?? 0)
  }

  /** The newest message that an account may see; the channel's first where it may see none. */
  topFor(account: Account): Message | undefined {
    const { top } = this
    return top !== undefined && top.id > this.hiddenUpTo(account) ? top : this.message(1)
  }

  /** The message with this id, deleted or not. */
  message(id: number): Message | undefined {
    return this.messages[id - 1]
  }

  append(message: Omit<Message, "id" | "isDeleted">): Message {
    const added: Message = { ...message, id: this.messages.length + 1, isDeleted: false }
    this.messages.push(added)
    this.#live.add(added)
    if (this.#properties.isForum) this.topics.add(added)
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
      this.#live.remove(message)
      this.topics.remove(message)
      this.#events.push(-id)
      deleted.push(id)
    }
    return deleted
  }

  /**
   * The messages of one page, newest first, and how many there are in all. text: a part of the text or file name, "" for
   * any; topicId: of this topic of a forum alone.
   */
  page(
    kinds: readonly MessageKind[],
    text: string,
    page: Page,
    topicId?: number,
  ): { messages: readonly Message[]; count: number } {
    const ids = this.#search(kinds, text, topicId)
    const hidden = lowerBound(ids, (page.hiddenUpTo ?? 0) + 1)
    const low = Math.max(hidden, page.minId > 0 ? lowerBound(ids, page.minId + 1) : 0)
    const high = page.maxId > 0 ? lowerBound(ids, page.maxId) : ids.length
    const end = (page.offsetId > 0 ? lowerBound(ids, page.offsetId) : ids.length) - page.addOffset
    const messages = ids
      .slice(Math.max(low, end - page.limit, 0), Math.max(Math.min(high, end), 0))
      .reverse()
      .flatMap((id) => this.message(id) ?? [])
    return { messages, count: ids.length - hidden }
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

  #search(kinds: readonly MessageKind[], text: string, topicId: number | undefined): readonly number[] {
    const ids = (topicId === undefined ? this.#live : this.topics.messagesOf(topicId)).of(kinds)
    if (text === "") return ids
    const sought = text.toLowerCase()
    return ids.filter((id) => {
      const message = this.message(id)
      return `${message?.text ?? ""}\n${message?.file?.name ?? ""}`.toLowerCase().includes(sought)
    })
  }
}
