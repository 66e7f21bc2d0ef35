import type { tl } from "@mtcute/tl"
import type { Answer, Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import { stableId } from "../state/identifiers.ts"
import type { Draft, Telegram } from "../state/telegram.ts"
import { type Announcements, viewNewMessages } from "./announcements.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import { fileOfMedia } from "./media.ts"
import { channelOf } from "./peers.ts"
import { type MessageContentKind, requireMayPost } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import { topicOfReply } from "./topic-of-reply.ts"
import { viewMedia, viewMessage, viewUpdates } from "./view.ts"

/** How many media an album may hold. */
const MAX_ALBUM = 10

/** Every medium but a photo is a document here. */
const kindOfMedia = (media: Wire<tl.TypeInputMedia>): MessageContentKind =>
  media._ === "inputMediaPhoto" || media._ === "inputMediaUploadedPhoto" ? "photo" : "document"

const writableChannel = (
  telegram: Telegram,
  peer: Wire<tl.TypeInputPeer>,
  sender: Account,
  kind: MessageContentKind,
): Channel => {
  const channel = channelOf(telegram, peer, sender)
  requireMayPost(channel, sender, kind)
  return channel
}

/**
 * Sending. A random id names one message of its sender for ever: sent again, it is answered with the same message, so
 * that a client that never saw the first answer learns what became of it.
 */
export const messageSendingMethods = (telegram: Telegram, announcements: Announcements) => {
  const sentBefore = (channel: Channel, sender: Account, randomId: bigint): Message | undefined => {
    const sent = telegram.sentWith(sender, randomId)
    if (sent === undefined) return undefined
    if (sent.channel !== channel || sent.message.isDeleted) throw new RpcError(400, "RANDOM_ID_DUPLICATE")
    return sent.message
  }

  const answerWith = (
    channel: Channel,
    messages: readonly Message[],
    updates: Wire<tl.TypeUpdate>[],
    viewer: Account,
  ) =>
    viewUpdates(
      channel,
      [
        ...messages.flatMap(({ id, randomId }): Wire<tl.TypeUpdate>[] =>
          randomId === undefined ? [] : [{ _: "updateMessageID", id, randomId }],
        ),
        ...updates,
      ],
      messages,
      viewer,
    )

  const answerAgain = (channel: Channel, messages: readonly Message[], viewer: Account) =>
    answerWith(
      channel,
      messages,
      messages.map((message) => ({
        _: "updateNewChannelMessage",
        message: viewMessage(channel, message, viewer),
        pts: channel.pts,
        ptsCount: 0,
      })),
      viewer,
    )

  /** Posts what was not posted before; drafts are made for new random ids only, because making one uses its upload up. */
  const send = (
    call: Call,
    {
      peer,
      replyTo,
    }: { readonly peer: Wire<tl.TypeInputPeer>; readonly replyTo?: Wire<tl.TypeInputReplyTo> | undefined },
    kind: MessageContentKind,
    parts: readonly { readonly randomId: bigint; readonly draft: () => Draft }[],
  ): Answer<"messages.sendMedia"> => {
    const sender = callerOf(call)
    const channel = writableChannel(telegram, peer, sender, kind)
    const before = parts.map(({ randomId }) => sentBefore(channel, sender, randomId))
    const fresh = parts.filter((_, index) => before[index] === undefined)
    const known = before.flatMap((message) => message ?? [])
    if (fresh.length === 0) return answerAgain(channel, known, sender)
    const topicId = topicOfReply(channel, replyTo, sender)
    const posted = telegram.post(
      channel,
      fresh.map(({ randomId, draft }) => ({
        ...draft(),
        from: sender,
        randomId,
        ...(topicId === undefined ? {} : { topicId }),
      })),
    )
    announcements.posted(channel, posted, call.authKey)
    return answerWith(channel, [...known, ...posted], viewNewMessages(channel, posted, sender), sender)
  }

  return {
    "messages.sendMessage": ({ peer, replyTo, message, entities, randomId }, call) => {
      if (message === "") throw new RpcError(400, "MESSAGE_EMPTY")
      return send(call, { peer, replyTo }, "text", [
        { randomId, draft: () => ({ text: message, entities: entities ?? [] }) },
      ])
    },
    "messages.sendMedia": ({ peer, replyTo, media, message, entities, randomId }, call) =>
      send(call, { peer, replyTo }, kindOfMedia(media), [
        {
          randomId,
          draft: () => ({
            text: message,
            entities: entities ?? [],
            file: fileOfMedia(telegram, media, callerOf(call)),
          }),
        },
      ]),
    "messages.sendMultiMedia": ({ peer, replyTo, multiMedia }, call) => {
      const [first] = multiMedia
      if (first === undefined || multiMedia.length > MAX_ALBUM) throw new RpcError(400, "MULTI_MEDIA_TOO_LONG")
      const sender = callerOf(call)
      const albumId = stableId("album", sender.id, first.randomId)
      return send(
        call,
        { peer, replyTo },
        kindOfMedia(first.media),
        multiMedia.map(({ randomId, media, message, entities }) => ({
          randomId,
          draft: () => ({
            text: message,
            entities: entities ?? [],
            albumId,
            file: fileOfMedia(telegram, media, sender),
          }),
        })),
      )
    },
    "messages.uploadMedia": ({ media }, call) => viewMedia(fileOfMedia(telegram, media, callerOf(call))),
  } satisfies Methods
}
