import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Edit, Telegram } from "../state/telegram.ts"
import { type Announcements, viewEdit, viewNewMessages, viewPins } from "./announcements.ts"
import { callerOf, type Methods } from "./call.ts"
import { fileOfMedia } from "./media.ts"
import { channelOf } from "./peers.ts"
import { mayAsMember } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUpdates } from "./view.ts"

/** A message that can be edited or pinned at all; throws 400 MESSAGE_ID_INVALID for a deleted or service message. */
const contentMessage = (channel: Channel, id: number): Message => {
  const message = channel.message(id)
  if (message === undefined || message.isDeleted || message.isCreation || message.action !== undefined) {
    throw new RpcError(400, "MESSAGE_ID_INVALID")
  }
  return message
}

/** Throws 403 MESSAGE_AUTHOR_REQUIRED: others' posts in a channel may be edited with a right, others' messages never. */
const requireMayEdit = (channel: Channel, message: Message, editor: Account): void => {
  const isPost = channel.properties.kind === "channel"
  const isOwn = message.from === editor && (!isPost || channel.members.mayAsAdmin(editor, "postMessages"))
  const mayEdit = isOwn || (isPost && channel.members.mayAsAdmin(editor, "editMessages"))
  if (!mayEdit || message.forward !== undefined) throw new RpcError(403, "MESSAGE_AUTHOR_REQUIRED")
}

/** In a channel pinning belongs to editing (core.telegram.org/api/pin). */
const requireMayPin = (channel: Channel, account: Account): void => {
  const may =
    channel.properties.kind === "channel"
      ? channel.members.mayAsAdmin(account, "editMessages")
      : channel.members.mayAsAdmin(account, "pinMessages") || mayAsMember(channel, account, "pinMessages")
  if (!may) throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
}

/** Editing and pinning. */
export const messageEditingMethods = (telegram: Telegram, announcements: Announcements) =>
  ({
    "messages.editMessage": ({ peer, id, message: text, entities, media }, call) => {
      const editor = callerOf(call)
      const channel = channelOf(telegram, peer, editor)
      const before = contentMessage(channel, id)
      requireMayEdit(channel, before, editor)
      const file = media === undefined ? undefined : fileOfMedia(telegram, media, editor)
      if (text === "" && before.file === undefined && file === undefined) throw new RpcError(400, "MESSAGE_EMPTY")
      const edit: Edit = {
        ...(text === undefined ? {} : { text, entities: entities ?? [] }),
        ...(file === undefined ? {} : { file }),
      }
      if (!telegram.edit(channel, id, edit)) throw new RpcError(400, "MESSAGE_NOT_MODIFIED")
      const message = contentMessage(channel, id)
      announcements.edited(channel, message, call.authKey)
      return viewUpdates(channel, [viewEdit(channel, message, editor)], [message], editor)
    },
    "messages.updatePinnedMessage": ({ peer, id, unpin }, call) => {
      const account = callerOf(call)
      const channel = channelOf(telegram, peer, account)
      requireMayPin(channel, account)
      contentMessage(channel, id)
      const changed = telegram.pin(channel, [id], unpin !== true)
      if (changed.length === 0) throw new RpcError(400, "CHAT_NOT_MODIFIED")
      const pins = viewPins(channel, changed, unpin !== true)
      announcements.pinned(channel, changed, unpin !== true, call.authKey)
      if (unpin === true) return viewUpdates(channel, [pins], [], account)
      const told = telegram.post(channel, [
        { text: "", action: { _: "messageActionPinMessage" }, replyToId: id, from: account },
      ])
      announcements.posted(channel, told, call.authKey)
      return viewUpdates(channel, [pins, ...viewNewMessages(channel, told, account)], told, account)
    },
    "messages.unpinAllMessages": ({ peer, topMsgId }, call) => {
      const account = callerOf(call)
      const channel = channelOf(telegram, peer, account)
      requireMayPin(channel, account)
      const pinned = channel.search({ kind: "pinned", topicId: topMsgId })
      const changed = telegram.pin(channel, pinned, false)
      announcements.pinned(channel, changed, false, call.authKey)
      return { _: "messages.affectedHistory", pts: channel.pts, ptsCount: changed.length, offset: 0 }
    },
  }) satisfies Methods
