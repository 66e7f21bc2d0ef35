import type { tl } from "@mtcute/tl"
import type { AuthKey } from "../protocol/auth-key.ts"
import type { TlObject, Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { unixSeconds, usersOf, viewMessage, viewUpdates } from "./view.ts"

/** Sends an object to every connected session, or nothing where the function gives undefined. */
export type Push = (message: (authKey: AuthKey) => TlObject | undefined) => void

/**
 * Tells connected members what happened in a channel. Never the key that did it: TDLib takes a message pushed to another
 * session of its own login for a second one, and deletes it before the send has succeeded.
 */
export class Announcements {
  readonly #telegram: Telegram
  readonly #push: Push

  constructor(telegram: Telegram, push: Push) {
    this.#telegram = telegram
    this.#push = push
  }

  /** These newest messages of the channel were posted, by this key or by nobody who is connected. */
  posted(channel: Channel, messages: readonly Message[], by?: AuthKey): void {
    this.#announce(channel, messages, by, (viewer) => viewNewMessages(channel, messages, viewer))
  }

  /**
   * Tells everybody in the channel, and those concerned who are not or no longer, to look at what it is for them now: the
   * chat that comes along says so.
   */
  changed(channel: Channel, concerned: readonly Account[] = [], by?: AuthKey): void {
    this.tell(
      channel,
      (viewer) => channel.members.has(viewer) || concerned.includes(viewer),
      () => [{ _: "updateChannel", channelId: channel.properties.id }],
      by,
    )
  }

  /** Sends updates to the clients of one account. */
  tellAccount(account: Account, updates: Wire<tl.TypeUpdate>[], by?: AuthKey): void {
    const origin = by === undefined ? undefined : this.#telegram.permanentKeyId(by)
    this.#push((authKey) => {
      if (this.#telegram.accountOf(authKey) !== account) return undefined
      if (origin !== undefined && this.#telegram.permanentKeyId(authKey) === origin) return undefined
      return { _: "updates", updates, users: [], chats: [], date: unixSeconds(), seq: 0 }
    })
  }

  /** Sends updates about a channel to the accounts that they are meant for, without any message in them; named: the accounts in the updates. */
  tell(
    channel: Channel,
    isMeant: (viewer: Account) => boolean,
    updates: (viewer: Account) => Wire<tl.TypeUpdate>[],
    by?: AuthKey,
    named: readonly Account[] = [],
  ): void {
    this.#announce(channel, [], by, updates, isMeant, named)
  }

  /** This message was edited just now. */
  edited(channel: Channel, message: Message, by?: AuthKey): void {
    this.#announce(channel, [message], by, (viewer) => [viewEdit(channel, message, viewer)])
  }

  /** These messages were pinned or taken off just now. */
  pinned(channel: Channel, messageIds: readonly number[], isPinned: boolean, by?: AuthKey): void {
    if (messageIds.length > 0) this.#announce(channel, [], by, () => [viewPins(channel, messageIds, isPinned)])
  }

  deleted(channel: Channel, messageIds: readonly number[], by?: AuthKey): void {
    if (messageIds.length === 0) return
    this.#announce(channel, [], by, () => [
      {
        _: "updateDeleteChannelMessages",
        channelId: channel.properties.id,
        messages: [...messageIds],
        pts: channel.pts,
        ptsCount: messageIds.length,
      },
    ])
  }

  #announce(
    channel: Channel,
    messages: readonly Message[],
    by: AuthKey | undefined,
    updates: (viewer: Account) => Wire<tl.TypeUpdate>[],
    isMeant: (viewer: Account) => boolean = (viewer) => channel.isChatOf(viewer),
    named: readonly Account[] = [],
  ): void {
    const origin = by === undefined ? undefined : this.#telegram.permanentKeyId(by)
    this.#push((authKey) => {
      const viewer = this.#telegram.accountOf(authKey)
      if (viewer === undefined || !isMeant(viewer)) return undefined
      if (origin !== undefined && this.#telegram.permanentKeyId(authKey) === origin) return undefined
      const viewed = viewUpdates(channel, updates(viewer), messages, viewer)
      return named.length === 0 ? viewed : { ...viewed, users: usersOf(messages, viewer, named) }
    })
  }
}

/** The newest messages of a channel as updates; they were the last events, one pts each. */
export const viewNewMessages = (
  channel: Channel,
  messages: readonly Message[],
  viewer: Account,
): Wire<tl.TypeUpdate>[] =>
  messages.map((message, index) => ({
    _: "updateNewChannelMessage",
    message: viewMessage(channel, message, viewer),
    pts: channel.pts - (messages.length - 1 - index),
    ptsCount: 1,
  }))

/** An edit that was the channel's last event. */
export const viewEdit = (
  channel: Channel,
  message: Message,
  viewer: Account,
): Wire<tl.RawUpdateEditChannelMessage> => ({
  _: "updateEditChannelMessage",
  message: viewMessage(channel, message, viewer),
  pts: channel.pts,
  ptsCount: 1,
})

/** Messages whose pinning or taking off were the channel's last events. */
export const viewPins = (
  channel: Channel,
  messageIds: readonly number[],
  isPinned: boolean,
): Wire<tl.RawUpdatePinnedChannelMessages> => ({
  _: "updatePinnedChannelMessages",
  pinned: isPinned,
  channelId: channel.properties.id,
  messages: [...messageIds],
  pts: channel.pts,
  ptsCount: messageIds.length,
})
