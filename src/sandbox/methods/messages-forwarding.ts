import { stableId } from "../state/identifiers.ts"
import { originOf } from "../state/message.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import type { Outgoing, Sender } from "./sender.ts"

/** How many messages one call may forward, as help.getConfig tells. */
const MAX_FORWARDED = 100

/** Forwarding: the same file, so that clients recognize it, in another message (core.telegram.org/api/forwards). */
export const messageForwardingMethods = (telegram: Telegram, sender: Sender) =>
  ({
    "messages.forwardMessages": (request, call) => {
      const { fromPeer, id: ids, randomId: randomIds, toPeer, topMsgId, dropAuthor, dropMediaCaptions } = request
      const account = callerOf(call)
      const source = channelOf(telegram, fromPeer, account)
      if (source.properties.isProtected) throw new RpcError(400, "CHAT_FORWARDS_RESTRICTED")
      if (ids.length === 0 || ids.length > MAX_FORWARDED) throw new RpcError(400, "MESSAGE_IDS_EMPTY")
      if (ids.length !== randomIds.length) throw new RpcError(400, "RANDOM_ID_INVALID")
      const hiddenUpTo = source.hiddenUpTo(account)
      const outgoing = ids.map((id, index): Outgoing => {
        const message = source.message(id)
        const isThere = message !== undefined && !message.isDeleted && message.id > hiddenUpTo
        if (!isThere || message.isCreation || message.action !== undefined)
          throw new RpcError(400, "MESSAGE_ID_INVALID")
        const { file, albumId } = message
        const isCaptionDropped = dropMediaCaptions === true && file !== undefined
        return {
          randomId: randomIds[index] ?? 0n,
          kind: file?.kind ?? "text",
          draft: () => ({
            text: isCaptionDropped ? "" : message.text,
            entities: isCaptionDropped ? [] : message.entities,
            ...(file === undefined ? {} : { file }),
            ...(albumId === undefined ? {} : { albumId: stableId("album", account.id, albumId, randomIds[0] ?? 0n) }),
            ...(dropAuthor === true ? {} : { forward: originOf(source, message) }),
          }),
        }
      })
      const replyTo =
        request.replyTo ??
        (topMsgId === undefined ? undefined : { _: "inputReplyToMessage" as const, replyToMsgId: topMsgId, topMsgId })
      return sender.send(call, { peer: toPeer, replyTo }, outgoing)
    },
  }) satisfies Methods
