import type { Telegram } from "../state/telegram.ts"
import type { Announcements } from "./announcements.ts"
import { callerOf, type Methods } from "./call.ts"
import { namedAccounts } from "./named-accounts.ts"
import { accountOfPeer, channelOf, knownChannelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { usersOf, viewMessage, viewUser } from "./view.ts"
import { viewChannel, viewParticipant } from "./view-channel.ts"
import { viewFullChannel } from "./view-full-channel.ts"
import { viewTopicsOf } from "./view-topic.ts"

/** Channels and supergroups. */
export const channelMethods = (telegram: Telegram, announcements: Announcements) =>
  ({
    "channels.getChannels": ({ id }, call) => {
      const viewer = callerOf(call)
      return {
        _: "messages.chats",
        chats: id.map((peer) => viewChannel(knownChannelOf(telegram, peer), viewer)),
      }
    },
    /** The public ones that the caller has made; there is no limit to them here (check_limit). */
    "channels.getAdminedPublicChannels": (_, call) => {
      const viewer = callerOf(call)
      return {
        _: "messages.chats",
        chats: telegram
          .channelsOf(viewer)
          .filter(({ members, properties }) => members.creator() === viewer && properties.username !== undefined)
          .map((channel) => viewChannel(channel, viewer)),
      }
    },
    "channels.getFullChannel": ({ channel: peer }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      return {
        _: "messages.chatFull",
        fullChat: viewFullChannel(channel, viewer),
        chats: [viewChannel(channel, viewer)],
        users: [],
      }
    },
    "channels.getParticipant": ({ channel: peer, participant }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const account = accountOfPeer(telegram, participant, viewer)
      const viewed = account === undefined ? undefined : viewParticipant(channel, account, viewer)
      if (account === undefined || viewed === undefined || viewed._ === "channelParticipantLeft") {
        throw new RpcError(400, "USER_NOT_PARTICIPANT")
      }
      return {
        _: "channels.channelParticipant",
        participant: viewed,
        chats: [],
        users: [viewUser(account, viewer)],
      }
    },
    "channels.getMessages": ({ channel: peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const ids = id.map((wanted) => ("id" in wanted && typeof wanted.id === "number" ? wanted.id : 0))
      const hiddenUpTo = channel.hiddenUpTo(viewer)
      const visible = (messageId: number) => (messageId > hiddenUpTo ? channel.message(messageId) : undefined)
      const found = ids.flatMap((messageId) => visible(messageId) ?? [])
      return {
        _: "messages.channelMessages",
        pts: channel.pts,
        count: ids.length,
        messages: ids.map((messageId) => {
          const message = visible(messageId)
          return message === undefined ? { _: "messageEmpty", id: messageId } : viewMessage(channel, message, viewer)
        }),
        topics: viewTopicsOf(channel, found, viewer),
        chats: [viewChannel(channel, viewer)],
        users: usersOf(found, viewer, namedAccounts(channel, found)),
      }
    },
    "channels.deleteMessages": ({ channel: peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const mayDelete = id.every(
        (messageId) =>
          channel.members.mayAsAdmin(viewer, "deleteMessages") || channel.message(messageId)?.from === viewer,
      )
      if (!mayDelete) throw new RpcError(403, "MESSAGE_DELETE_FORBIDDEN")
      const deleted = telegram.delete(channel, id)
      announcements.deleted(channel, deleted, call.authKey)
      return { _: "messages.affectedMessages", pts: channel.pts, ptsCount: deleted.length }
    },
    "channels.readHistory": () => true,
    "channels.readMessageContents": () => true,
  }) satisfies Methods
