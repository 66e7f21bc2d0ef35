import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Draft, Telegram } from "../state/telegram.ts"
import { type Announcements, viewNewMessages } from "./announcements.ts"
import { type Call, callerOf } from "./call.ts"
import { channelOf } from "./peers.ts"
import { type MessageContentKind, requireMayPost } from "./permissions.ts"
import { replyTargetOf } from "./reply-target.ts"
import { RpcError } from "./rpc-error.ts"
import { topicOfReply } from "./topic-of-reply.ts"
import { viewMessage, viewUpdates } from "./view.ts"

/** One message to be sent. Its draft is made for a new random id only, because making it uses its upload up. */
export interface Outgoing {
  readonly randomId: bigint
  readonly kind: MessageContentKind
  readonly draft: () => Draft
}

/** Where messages are sent to. */
export interface Target {
  readonly peer: Wire<tl.TypeInputPeer>
  readonly replyTo?: Wire<tl.TypeInputReplyTo> | undefined
}

/** A message in answer to a call that sent it before: the event that it was has been counted already. */
const viewAgain = (channel: Channel, message: Message, viewer: Account): Wire<tl.TypeUpdate> => ({
  _: "updateNewChannelMessage",
  message: viewMessage(channel, message, viewer),
  pts: channel.pts,
  ptsCount: 0,
})

const viewId = ({ id, randomId }: Message): Wire<tl.TypeUpdate>[] =>
  randomId === undefined ? [] : [{ _: "updateMessageID", id, randomId }]

/**
 * Posts what clients send. A random id names one message of its sender for ever: sent again, it is answered with the same
 * message, so that a client that never saw the first answer learns what became of it.
 */
export class Sender {
  readonly #telegram: Telegram
  readonly #announcements: Announcements

  constructor(telegram: Telegram, announcements: Announcements) {
    this.#telegram = telegram
    this.#announcements = announcements
  }

  /** Posts what was not posted before, together. Throws RpcError where the sender may not. */
  send(call: Call, target: Target, messages: readonly Outgoing[]): Wire<tl.RawUpdates> {
    const sender = callerOf(call)
    const channel = channelOf(this.#telegram, target.peer, sender)
    for (const kind of new Set(messages.map((message) => message.kind))) requireMayPost(channel, sender, kind)
    const before = messages.map(({ randomId }) => this.#sentBefore(channel, sender, randomId))
    const fresh = messages.filter((_, index) => before[index] === undefined)
    const known = before.flatMap((message) => message ?? [])
    const posted = fresh.length === 0 ? [] : this.#post(channel, sender, target.replyTo, fresh)
    this.#announcements.posted(channel, posted, call.authKey)
    return viewUpdates(
      channel,
      [
        ...[...known, ...posted].flatMap(viewId),
        ...known.map((message) => viewAgain(channel, message, sender)),
        ...viewNewMessages(channel, posted, sender),
      ],
      [...known, ...posted],
      sender,
    )
  }

  #post(channel: Channel, sender: Account, replyTo: Target["replyTo"], fresh: readonly Outgoing[]): readonly Message[] {
    const topicId = topicOfReply(channel, replyTo, sender)
    const replyToId = replyTargetOf(channel, replyTo, topicId)
    return this.#telegram.post(
      channel,
      fresh.map(({ randomId, draft }) => ({
        ...draft(),
        from: sender,
        randomId,
        ...(topicId === undefined ? {} : { topicId }),
        ...(replyToId === undefined ? {} : { replyToId }),
      })),
    )
  }

  #sentBefore(channel: Channel, sender: Account, randomId: bigint): Message | undefined {
    const sent = this.#telegram.sentWith(sender, randomId)
    if (sent === undefined) return undefined
    if (sent.channel !== channel || sent.message.isDeleted) throw new RpcError(400, "RANDOM_ID_DUPLICATE")
    return sent.message
  }
}
