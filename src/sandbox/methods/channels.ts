import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Announcements } from "./announcements.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { usersOf, viewChannel, viewMessage, viewUser } from "./view.ts"

const viewParticipant = (
  { properties }: Channel,
  member: Account,
  viewer: Account,
): Wire<tl.TypeChannelParticipant> => {
  if (properties.admins.has(member)) {
    return {
      _: "channelParticipantAdmin",
      userId: member.id,
      promotedBy: member.id,
      date: properties.created,
      adminRights: { _: "chatAdminRights", other: true, postMessages: true, editMessages: true, deleteMessages: true },
    }
  }
  if (member !== viewer) return { _: "channelParticipant", userId: member.id, date: properties.created }
  return { _: "channelParticipantSelf", userId: member.id, inviterId: member.id, date: properties.created }
}

/** Channels and supergroups. */
export const channelMethods = (telegram: Telegram, announcements: Announcements) =>
  ({
    "channels.getChannels": ({ id }, call) => {
      const viewer = callerOf(call)
      return {
        _: "messages.chats",
        chats: id.map((peer) => viewChannel(channelOf(telegram, peer, viewer), viewer)),
      }
    },
    "channels.getFullChannel": ({ channel: peer }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      return {
        _: "messages.chatFull",
        fullChat: {
          _: "channelFull",
          id: channel.properties.id,
          about: "",
          participantsCount: channel.properties.members.size,
          readInboxMaxId: channel.top?.id ?? 0,
          readOutboxMaxId: 0,
          unreadCount: 0,
          chatPhoto: { _: "photoEmpty", id: 0n },
          notifySettings: { _: "peerNotifySettings" },
          botInfo: [],
          pts: channel.pts,
        },
        chats: [viewChannel(channel, viewer)],
        users: [],
      }
    },
    "channels.getParticipant": ({ channel: peer, participant }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const member = [...channel.properties.members].find(
        (account) =>
          (participant._ === "inputPeerSelf" && account === viewer) ||
          (participant._ === "inputPeerUser" && account.id === participant.userId),
      )
      if (member === undefined) throw new RpcError(400, "USER_NOT_PARTICIPANT")
      return {
        _: "channels.channelParticipant",
        participant: viewParticipant(channel, member, viewer),
        chats: [],
        users: [viewUser(member, viewer)],
      }
    },
    "channels.getMessages": ({ channel: peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const ids = id.map((wanted) => ("id" in wanted && typeof wanted.id === "number" ? wanted.id : 0))
      const found = ids.flatMap((messageId) => channel.message(messageId) ?? [])
      return {
        _: "messages.channelMessages",
        pts: channel.pts,
        count: ids.length,
        messages: ids.map((messageId) => {
          const message = channel.message(messageId)
          return message === undefined ? { _: "messageEmpty", id: messageId } : viewMessage(channel, message, viewer)
        }),
        topics: [],
        chats: [viewChannel(channel, viewer)],
        users: usersOf(found, viewer),
      }
    },
    "channels.deleteMessages": ({ channel: peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const mayDelete = id.every(
        (messageId) => channel.properties.admins.has(viewer) || channel.message(messageId)?.from === viewer,
      )
      if (!mayDelete) throw new RpcError(403, "MESSAGE_DELETE_FORBIDDEN")
      const deleted = telegram.delete(channel, id)
      announcements.deleted(channel, deleted, call.authKey)
      return { _: "messages.affectedMessages", pts: channel.pts, ptsCount: deleted.length }
    },
    "channels.readHistory": () => true,
    "channels.readMessageContents": () => true,
  }) satisfies Methods
