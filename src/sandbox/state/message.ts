import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "./account.ts"
import type { Channel } from "./channel.ts"
import type { StoredFile } from "./stored-file.ts"

/** Where a forwarded message was posted first. */
export interface Forward {
  /** The channel of the original; of a supergroup's message its author is shown instead. */
  readonly channel: Channel
  readonly messageId: number
  /** Who posted the original; undefined for a post of a channel. */
  readonly author: Account | undefined
  /** When the original was posted, Unix seconds. */
  readonly date: number
}

/** The origin that a forwarded message shows: that of the message itself where it was forwarded. */
export const originOf = (channel: Channel, message: Message): Forward =>
  message.forward ?? {
    channel,
    messageId: message.id,
    author: channel.properties.kind === "channel" ? undefined : message.from,
    date: message.date,
  }

/** What an edit may change of a message. */
export interface MessageContent {
  readonly text: string
  readonly file: StoredFile | undefined
  readonly entities: readonly TlObject[]
}

/** One message of a channel. A change of it is another object in the channel's list. */
export interface Message extends MessageContent {
  /** The server's id: 1, 2, 3 ... in each channel. TDLib shows it times 2^20. */
  readonly id: number
  /** Unix seconds */
  readonly date: number
  /** Who sent it; in a broadcast channel only the sandbox's own record shows it. */
  readonly from: Account | undefined
  readonly randomId: bigint | undefined
  readonly albumId: bigint | undefined
  /** The service message "channel created", which is every channel's first, so that a dialog always has a top message. */
  readonly isCreation: boolean
  /** What a service message tells; a message without one has content. */
  readonly action?: TlObject | undefined
  /** The topic of a forum; General when there is none. */
  readonly topicId?: number | undefined
  /** The message of the same channel that this one answers. */
  readonly replyToId?: number | undefined
  readonly forward?: Forward | undefined
  /** Unix seconds */
  readonly editDate?: number | undefined
  readonly isPinned?: boolean | undefined
  readonly isDeleted: boolean
}
