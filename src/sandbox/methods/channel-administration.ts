import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import { stableLong } from "../state/identifiers.ts"
import { ADMIN_RIGHTS, type AdminRight, MEMBER_RIGHTS, rightsIn } from "../state/rights.ts"
import type { Telegram } from "../state/telegram.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import { type ChannelChanges, type Chats, viewChange } from "./chats.ts"
import { accountOfPeer, channelOf } from "./peers.ts"
import { mayAsMember, requireAdmin } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUpdates } from "./view.ts"

/** The longest title that Telegram takes: characters. */
const MAX_TITLE = 128

/** Making channels, changing and deleting them (core.telegram.org/api/channel). */
export const channelAdministrationMethods = (telegram: Telegram, chats: Chats) => {
  const answer = (channel: Channel, posted: readonly Message[], viewer: Account) =>
    viewUpdates(channel, viewChange(channel, posted, viewer), posted, viewer)

  /** The channel, when the caller may change what this right is about. */
  const administered = (peer: Wire<tl.TypeInputPeer> | Wire<tl.TypeInputChannel>, right: AdminRight, call: Call) => {
    const viewer = callerOf(call)
    const channel = channelOf(telegram, peer, viewer)
    requireAdmin(channel, viewer, right)
    return { viewer, channel }
  }

  const owned = (peer: Wire<tl.TypeInputChannel>, call: Call) => {
    const viewer = callerOf(call)
    const channel = channelOf(telegram, peer, viewer)
    if (channel.members.get(viewer)?.status !== "creator") throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
    return { viewer, channel }
  }

  /** Changes settings, and answers with what the channel is now. */
  const change = (channel: Channel, viewer: Account, changes: ChannelChanges, call: Call) => {
    const before = channel.properties
    const isNew = Object.entries(changes).some(([name, value]) => before[name as keyof ChannelChanges] !== value)
    if (!isNew) throw new RpcError(400, "CHAT_NOT_MODIFIED")
    chats.change(channel, changes, call.authKey)
    return answer(channel, [], viewer)
  }

  return {
    "channels.createChannel": ({ title, about, broadcast, forum }, call) => {
      const viewer = callerOf(call)
      const trimmed = title.trim().slice(0, MAX_TITLE)
      if (trimmed === "") throw new RpcError(400, "CHAT_TITLE_EMPTY")
      const channel = chats.create(
        {
          name: chats.nameFor(trimmed),
          title: trimmed,
          kind: broadcast === true ? "channel" : "supergroup",
          creator: viewer.phone,
          ...(about === "" ? {} : { about }),
          ...(forum === true && broadcast !== true ? { forum: true } : {}),
        },
        call.authKey,
      )
      const created = channel.messages.slice(0, 1)
      return viewUpdates(
        channel,
        [
          // TDLib takes the answer only with exactly one of these, whatever it says (MessagesManager.cpp, on_create_new_dialog).
          { _: "updateMessageID", id: 1, randomId: stableLong("created", channel.properties.id) },
          ...viewChange(channel, created, viewer),
        ],
        created,
        viewer,
      )
    },
    "channels.deleteChannel": ({ channel: peer }, call) => {
      const { viewer, channel } = owned(peer, call)
      chats.change(channel, { isDeleted: true }, call.authKey)
      return answer(channel, [], viewer)
    },
    "channels.editTitle": ({ channel: peer, title }, call) => {
      const { viewer, channel } = administered(peer, "changeInfo", call)
      const trimmed = title.trim().slice(0, MAX_TITLE)
      if (trimmed === "") throw new RpcError(400, "CHAT_TITLE_EMPTY")
      if (trimmed === channel.properties.title) throw new RpcError(400, "CHAT_NOT_MODIFIED")
      return answer(channel, chats.rename(channel, trimmed, viewer, call.authKey), viewer)
    },
    "messages.editChatAbout": ({ peer, about }, call) => {
      const { channel } = administered(peer, "changeInfo", call)
      if (about === channel.properties.about) throw new RpcError(400, "CHAT_ABOUT_NOT_MODIFIED")
      chats.change(channel, { about }, call.authKey)
      return true
    },
    "messages.editChatDefaultBannedRights": ({ peer, bannedRights }, call) => {
      const { viewer, channel } = administered(peer, "banUsers", call)
      const taken = rightsIn(MEMBER_RIGHTS, bannedRights)
      const memberRights = MEMBER_RIGHTS.filter((right) => !taken.includes(right))
      if (memberRights.join() === channel.properties.memberRights.join()) throw new RpcError(400, "CHAT_NOT_MODIFIED")
      return change(channel, viewer, { memberRights }, call)
    },
    "messages.toggleNoForwards": ({ peer, enabled }, call) => {
      const { viewer, channel } = administered(peer, "changeInfo", call)
      return change(channel, viewer, { isProtected: enabled }, call)
    },
    "channels.togglePreHistoryHidden": ({ channel: peer, enabled }, call) => {
      const { viewer, channel } = administered(peer, "changeInfo", call)
      return change(channel, viewer, { isHistoryHidden: enabled }, call)
    },
    "channels.toggleJoinRequest": ({ channel: peer, enabled }, call) => {
      const { viewer, channel } = administered(peer, "inviteUsers", call)
      return change(channel, viewer, { isRequestNeeded: enabled }, call)
    },
    "channels.toggleForum": ({ channel: peer, enabled }, call) => {
      const { viewer, channel } = owned(peer, call)
      return change(channel, viewer, { isForum: enabled }, call)
    },
    "channels.checkUsername": ({ username }) => {
      if (telegram.channelByUsername(username) !== undefined) throw new RpcError(400, "USERNAME_OCCUPIED")
      return true
    },
    "channels.updateUsername": ({ channel: peer, username }, call) => {
      const { channel } = owned(peer, call)
      const holder = username === "" ? undefined : telegram.channelByUsername(username)
      if (holder === channel || (username === "" && channel.properties.username === undefined)) {
        throw new RpcError(400, "USERNAME_NOT_MODIFIED")
      }
      if (holder !== undefined) throw new RpcError(400, "USERNAME_OCCUPIED")
      chats.change(channel, { username }, call.authKey)
      return true
    },
    "channels.editAdmin": ({ channel: peer, userId, adminRights, rank }, call) => {
      const { viewer, channel } = administered(peer, "addAdmins", call)
      const account = accountOfPeer(telegram, userId, viewer)
      if (account === undefined) throw new RpcError(400, "USER_ID_INVALID")
      if (channel.members.get(account)?.status === "creator") throw new RpcError(400, "USER_CREATOR")
      const rights = rightsIn(ADMIN_RIGHTS, adminRights)
      if (!channel.members.has(account)) chats.join(channel, account, { addedBy: viewer }, call.authKey)
      const promoted = { status: "admin" as const, rights, ...(rank === undefined ? {} : { rank }) }
      chats.setMember(channel, account, rights.length > 0 ? promoted : { status: "member" }, call.authKey)
      return answer(channel, [], viewer)
    },
    "channels.editBanned": ({ channel: peer, participant, bannedRights }, call) => {
      const { viewer, channel } = administered(peer, "banUsers", call)
      const account = accountOfPeer(telegram, participant, viewer)
      if (account === undefined) throw new RpcError(400, "PARTICIPANT_ID_INVALID")
      const isCreator = channel.members.get(viewer)?.status === "creator"
      if (account === viewer || (channel.members.isAdmin(account) && !isCreator))
        throw new RpcError(400, "USER_ADMIN_INVALID")
      const restrictions = rightsIn(MEMBER_RIGHTS, bannedRights)
      const until = bannedRights.untilDate
      if (restrictions.includes("viewMessages")) {
        chats.setMember(channel, account, { status: "banned", until }, call.authKey)
      } else {
        const status = channel.members.has(account) ? "member" : "left"
        chats.setMember(channel, account, { status, restrictions, until }, call.authKey)
      }
      return answer(channel, [], viewer)
    },
    "channels.inviteToChannel": ({ channel: peer, users }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      if (!channel.members.mayAsAdmin(viewer, "inviteUsers") && !mayAsMember(channel, viewer, "inviteUsers")) {
        throw new RpcError(403, "CHAT_WRITE_FORBIDDEN")
      }
      const posted = users.flatMap((user) => {
        const account = accountOfPeer(telegram, user, viewer)
        if (account === undefined) throw new RpcError(400, "USER_ID_INVALID")
        if (channel.members.isBanned(account)) throw new RpcError(400, "USER_KICKED")
        return channel.members.has(account) ? [] : chats.join(channel, account, { addedBy: viewer }, call.authKey)
      })
      return { _: "messages.invitedUsers", updates: answer(channel, posted, viewer), missingInvitees: [] }
    },
  } satisfies Methods
}
