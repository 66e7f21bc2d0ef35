import type { Account } from "./account.ts"
import { ChannelEvents } from "./channel-events.ts"
import type { ChannelProperties, ChannelSettings } from "./channel-properties.ts"
import { Invites } from "./invites.ts"
import { LiveMessages, lowerBound } from "./live-messages.ts"
import { Members } from "./members.ts"
import type { Message, MessageContent } from "./message.ts"
import { MessageSearches, type Sought } from "./message-searches.ts"
import { Topics } from "./topics.ts"

export type { Message } from "./message.ts"

/** The paging parameters of messages.getHistory and messages.search (core.telegram.org/api/offsets); 0 means none. */
export interface Page {
  readonly offsetId: number
  /** Without an offset id: begin with the newest message before this time, Unix seconds. */
  readonly offsetDate?: number
  readonly addOffset: number
  readonly limit: number
  readonly maxId: number
  readonly minId: number
  /** Messages up to this id do not exist for who asks. */
  readonly hiddenUpTo?: number
}

/** What happened in a channel after an event. */
export interface Difference {
  /** Those that came, as they are now, without those that were deleted since. */
  readonly messages: readonly Message[]
  /** Those that were there before and were edited, as they are now. */
  readonly edited: readonly Message[]
  readonly deletedIds: readonly number[]
  /** Those that were pinned or are no longer. */
  readonly pinned: readonly Message[]
  /** The number of the last event that this tells. */
  readonly pts: number
}

/** A channel or supergroup with its messages and the numbered events that getChannelDifference tells. */
export class Channel {
  readonly members = new Members()
  readonly invites = new Invites()
  readonly messages: Message[] = []
  /** Message ids by the labels that worlds and the control interface gave. */
  readonly labels = new Map<string, number>()
  /** Unix seconds of the last change after the world was loaded. */
  changed = 0
  readonly topics = new Topics()
  /** The accounts that have it in their archive instead of the main list. */
  readonly archivedBy = new Set<Account>()
  readonly #live = new LiveMessages()
  /** How often each message was forwarded. */
  readonly #forwards = new Map<number, number>()
  readonly #searches = new MessageSearches((id) => this.message(id))
  readonly #events = new ChannelEvents()

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
    return this.#events.pts
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
    if (added.forward !== undefined) added.forward.channel.#countForward(added.forward.messageId)
    this.#live.add(added)
    if (this.#properties.isForum) this.topics.add(added)
    this.#events.add("came", added.id)
    return added
  }

  /** Marks these messages as deleted; returns the ids of those that were not yet. */
  delete(ids: readonly number[]): readonly number[] {
    const deleted = [...new Set(ids)].flatMap((id) => {
      const message = this.message(id)
      return message === undefined || message.isDeleted || message.isCreation ? [] : [message]
    })
    this.#live.removeAll(deleted)
    for (const message of deleted) {
      this.messages[message.id - 1] = { ...message, isDeleted: true }
      this.#searches.remove(message.id)
      this.topics.remove(message)
      this.#events.add("deleted", message.id)
    }
    return deleted.map(({ id }) => id)
  }

  /** Changes what a message says; date: of the edit, Unix seconds. Nothing happens to a deleted message. */
  edit(id: number, content: Partial<MessageContent>, date: number): void {
    if (this.#replace(id, { ...content, editDate: date })) this.#events.add("edited", id)
  }

  /** Pins messages, or takes them off; returns the ids of those for which it was otherwise before. */
  pin(ids: readonly number[], isPinned: boolean): readonly number[] {
    return ids.filter((id) => {
      if ((this.message(id)?.isPinned === true) === isPinned || !this.#replace(id, { isPinned })) return false
      this.#events.add("pinned", id)
      return true
    })
  }

  /** How often a message was forwarded. */
  forwardsOf(id: number): number {
    return this.#forwards.get(id) ?? 0
  }

  /** The ids of the pinned messages, ascending. */
  get pinned(): readonly number[] {
    return this.#live.of("pinned")
  }

  /** The messages of one page, newest first, and how many there are in all. */
  page(sought: Sought, page: Page): { readonly messages: readonly Message[]; readonly count: number } {
    const ids = this.search(sought)
    const hidden = lowerBound(ids, (page.hiddenUpTo ?? 0) + 1)
    const low = Math.max(hidden, page.minId > 0 ? lowerBound(ids, page.minId + 1) : 0)
    const high = page.maxId > 0 ? lowerBound(ids, page.maxId) : ids.length
    const end = this.#offset(ids, page) - page.addOffset
    const messages = ids
      .slice(Math.max(low, end - page.limit, 0), Math.max(Math.min(high, end), 0))
      .reverse()
      .flatMap((id) => this.message(id) ?? [])
    return { messages, count: ids.length - hidden }
  }

  /** The ids of the messages that are sought, ascending. */
  search(sought: Sought): readonly number[] {
    const { topicId } = sought
    const live = topicId === undefined ? this.#live : this.topics.messagesOf(topicId)
    return this.#searches.of(sought, live.of(sought.kind))
  }

  /** What happened after an event, in up to so many events. */
  difference(pts: number, limit: number): Difference {
    const { events, pts: last } = this.#events.after(pts, limit)
    const idsOf = (kind: (typeof events)[number]["kind"]): readonly number[] => [
      ...new Set(events.flatMap((event) => (event.kind === kind ? [event.messageId] : []))),
    ]
    const living = (ids: readonly number[]): readonly Message[] =>
      ids.flatMap((id) => this.message(id) ?? []).filter((message) => !message.isDeleted)
    const came = new Set(idsOf("came"))
    return {
      messages: living([...came]),
      edited: living(idsOf("edited").filter((id) => !came.has(id))),
      deletedIds: idsOf("deleted"),
      pinned: living(idsOf("pinned").filter((id) => !came.has(id))),
      pts: last,
    }
  }

  #countForward(id: number): void {
    this.#forwards.set(id, this.forwardsOf(id) + 1)
  }

  #offset(ids: readonly number[], { offsetId, offsetDate = 0 }: Page): number {
    if (offsetId > 0) return lowerBound(ids, offsetId)
    if (offsetDate === 0) return ids.length
    // Dates do not ascend where a world says otherwise: then the newest message that is old enough counts.
    return ids.findLastIndex((id) => (this.message(id)?.date ?? 0) < offsetDate) + 1
  }

  #replace(id: number, change: Partial<Message>): boolean {
    const before = this.message(id)
    if (before === undefined || before.isDeleted) return false
    const after: Message = { ...before, ...change }
    this.messages[id - 1] = after
    this.#live.replace(before, after)
    this.topics.replace(before, after)
    this.#searches.forget()
    return true
  }
}
