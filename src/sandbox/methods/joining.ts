import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Invite } from "../state/invites.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { type Chats, viewChange } from "./chats.ts"
import { channelOf, knownChannelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUpdates, viewUser } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The channel and the link that a hash means; throws 400 INVITE_HASH_INVALID. */
const usableInvite = (telegram: Telegram, hash: string): { channel: Channel; invite: Invite } => {
  const channel = telegram.channelByInvite(hash)
  const invite = channel?.invites.get(hash)
  if (channel === undefined || invite === undefined) throw new RpcError(400, "INVITE_HASH_INVALID")
  return { channel, invite }
}

/** Joining and leaving channels, by username and by invite link (core.telegram.org/api/invites). */
export const joiningMethods = (telegram: Telegram, chats: Chats) => {
  const answer = (channel: Channel, posted: readonly Message[], viewer: Account) =>
    viewUpdates(channel, viewChange(channel, posted, viewer), posted, viewer)

  return {
    "contacts.resolveUsername": ({ username }, call) => {
      const viewer = callerOf(call)
      const channel = telegram.channelByUsername(username)
      if (channel === undefined) throw new RpcError(400, "USERNAME_NOT_OCCUPIED")
      return {
        _: "contacts.resolvedPeer",
        peer: { _: "peerChannel", channelId: channel.properties.id },
        chats: [viewChannel(channel, viewer)],
        users: [],
      }
    },
    "channels.exportMessageLink": ({ channel: peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const message = channel.message(id)
      if (message === undefined || message.isDeleted) throw new RpcError(400, "MESSAGE_ID_INVALID")
      const { username, id: channelId } = channel.properties
      // core.telegram.org/api/links#message-links
      return { _: "exportedMessageLink", link: `https://t.me/${username ?? `c/${channelId}`}/${id}`, html: "" }
    },
    "channels.joinChannel": ({ channel: peer }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      if (channel.members.has(viewer)) throw new RpcError(400, "USER_ALREADY_PARTICIPANT")
      if (channel.properties.isRequestNeeded) {
        chats.askToJoin(channel, viewer, undefined)
        throw new RpcError(400, "INVITE_REQUEST_SENT")
      }
      return answer(channel, chats.join(channel, viewer, {}, call.authKey), viewer)
    },
    "channels.leaveChannel": ({ channel: peer }, call) => {
      const viewer = callerOf(call)
      const channel = knownChannelOf(telegram, peer)
      if (channel.members.has(viewer) && !channel.isReadableBy(viewer)) throw new RpcError(400, "CHANNEL_PRIVATE")
      return answer(channel, chats.leave(channel, viewer, call.authKey), viewer)
    },
    "messages.checkChatInvite": ({ hash }, call) => {
      const viewer = callerOf(call)
      const { channel, invite } = usableInvite(telegram, hash)
      const { properties, members, invites } = channel
      if (channel.isChatOf(viewer)) return { _: "chatInviteAlready", chat: viewChannel(channel, viewer) }
      if (members.isBanned(viewer) || invites.isExpired(invite, telegram.now())) {
        throw new RpcError(400, "INVITE_HASH_EXPIRED")
      }
      return {
        _: "chatInvite",
        channel: true,
        broadcast: properties.kind === "channel",
        megagroup: properties.kind === "supergroup",
        public: properties.username !== undefined,
        requestNeeded: invite.requestNeeded,
        title: properties.title,
        about: properties.about || undefined,
        photo: { _: "photoEmpty", id: 0n },
        participantsCount: members.size,
        participants:
          properties.kind === "channel"
            ? undefined
            : [...members].slice(0, 5).map(({ account }) => viewUser(account, viewer)),
        color: 0,
      }
    },
    "messages.importChatInvite": ({ hash }, call) => {
      const viewer = callerOf(call)
      const { channel, invite } = usableInvite(telegram, hash)
      if (channel.members.isBanned(viewer)) throw new RpcError(400, "INVITE_HASH_EXPIRED")
      if (channel.isChatOf(viewer)) throw new RpcError(400, "USER_ALREADY_PARTICIPANT")
      if (channel.invites.isExpired(invite, telegram.now())) throw new RpcError(400, "INVITE_HASH_EXPIRED")
      if (invite.requestNeeded) {
        chats.askToJoin(channel, viewer, hash)
        throw new RpcError(400, "INVITE_REQUEST_SENT")
      }
      return answer(channel, chats.join(channel, viewer, { hash }, call.authKey), viewer)
    },
  } satisfies Methods
}
