import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "./account.ts"
import { LiveMessages } from "./live-messages.ts"
import type { Message } from "./message.ts"

/** The id of the topic that every forum has (core.telegram.org/api/forum#forum-topics). */
export const GENERAL_TOPIC_ID = 1
/** The colour of a topic's icon where none was chosen; one of those that Telegram allows. */
export const DEFAULT_ICON_COLOR = 0x6fb9f0

/** A topic of a forum. Its id is that of the service message that made it, or 1 for General. */
export interface Topic {
  readonly id: number
  readonly title: string
  /** Unix seconds */
  readonly date: number
  readonly creator: Account | undefined
  readonly iconColor: number
  readonly iconEmojiId: bigint | undefined
  readonly isClosed: boolean
  /** Only General can be hidden. */
  readonly isHidden: boolean
}

export type TopicChange = Partial<Pick<Topic, "title" | "isClosed" | "isHidden" | "iconEmojiId">>

const isCreation = (
  action: TlObject | undefined,
): action is TlObject & { readonly title: string; readonly iconColor: number; readonly iconEmojiId?: bigint } =>
  action?._ === "messageActionTopicCreate"

/** The topics of a forum and which messages each has; follows the channel's messages one by one. */
export class Topics {
  readonly #topics = new Map<number, Topic>()
  readonly #messages = new Map<number, LiveMessages>()
  /** The pinned ones, in the order in which they are shown. */
  #pinned: readonly number[] = []

  get(id: number): Topic | undefined {
    return this.#topics.get(id)
  }

  all(): readonly Topic[] {
    return [...this.#topics.values()]
  }

  get pinned(): readonly number[] {
    return this.#pinned
  }

  /** The topic that a message belongs to. */
  topicIdOf(message: Message): number {
    if (isCreation(message.action)) return message.id
    return message.topicId ?? GENERAL_TOPIC_ID
  }

  /** The messages of a topic; of none when there is no such topic. */
  messagesOf(id: number): LiveMessages {
    return this.#messages.get(id) ?? new LiveMessages()
  }

  /** A message came; a service message that makes a topic does. */
  add(message: Message): void {
    if (message.isCreation) {
      this.#put({ id: GENERAL_TOPIC_ID, title: "General", date: message.date, creator: message.from })
    } else if (isCreation(message.action)) {
      const { title, iconColor, iconEmojiId } = message.action
      this.#put({ id: message.id, title, date: message.date, creator: message.from, iconColor, iconEmojiId })
    }
    this.#messages.get(this.topicIdOf(message))?.add(message)
  }

  /** A message was deleted; with the message that made it a topic goes as well. */
  remove(message: Message): void {
    this.#messages.get(this.topicIdOf(message))?.remove(message)
    if (!isCreation(message.action)) return
    this.#topics.delete(message.id)
    this.#messages.delete(message.id)
    this.#pinned = this.#pinned.filter((id) => id !== message.id)
  }

  /** A message has changed. */
  replace(before: Message, after: Message): void {
    this.#messages.get(this.topicIdOf(before))?.replace(before, after)
  }

  change(id: number, change: TopicChange): void {
    const topic = this.#topics.get(id)
    if (topic !== undefined) this.#topics.set(id, { ...topic, ...change })
  }

  pin(ids: readonly number[]): void {
    this.#pinned = ids.filter((id) => this.#topics.has(id))
  }

  #put(topic: Pick<Topic, "id" | "title" | "date" | "creator"> & Partial<Topic>): void {
    const defaults = { iconColor: DEFAULT_ICON_COLOR, iconEmojiId: undefined, isClosed: false, isHidden: false }
    this.#topics.set(topic.id, { ...defaults, ...topic })
    this.#messages.set(topic.id, new LiveMessages())
  }
}
