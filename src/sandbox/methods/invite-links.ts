import type { Channel } from "../state/channel.ts"
import type { Invite } from "../state/invites.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { type Chats, newInviteHash, viewChange } from "./chats.ts"
import { accountOfPeer, channelOf } from "./peers.ts"
import { requireAdmin } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUpdates, viewUser } from "./view.ts"
import { hashOfLink, viewInvite } from "./view-invite.ts"

/** The most links or people that one answer holds. */
const MAX_PAGE = 100

/** Making invite links, and deciding about those who ask to join (core.telegram.org/api/invites). */
export const inviteLinkMethods = (telegram: Telegram, chats: Chats) => {
  const inviteOf = (channel: Channel, link: string): Invite => {
    const invite = channel.invites.get(hashOfLink(link))
    if (invite === undefined) throw new RpcError(400, "INVITE_HASH_EXPIRED")
    return invite
  }

  const set = (channel: Channel, invite: Invite): Invite => {
    chats.setInvite(channel, { ...invite, by: invite.by?.phone ?? null })
    return channel.invites.get(invite.hash) ?? invite
  }

  return {
    "messages.exportChatInvite": (request, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, request.peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const { legacyRevokePermanent, requestNeeded = false, expireDate = 0, usageLimit = 0, title = "" } = request
      if (requestNeeded && usageLimit > 0) throw new RpcError(400, "USAGE_LIMIT_INVALID")
      if (legacyRevokePermanent === true) {
        const old = channel.invites.permanent(viewer)
        if (old !== undefined) set(channel, { ...old, revoked: true })
        const hash = chats.permanentInvite(channel, viewer)
        return viewInvite(inviteOf(channel, hash), channel)
      }
      const invite = set(channel, {
        hash: newInviteHash(),
        by: viewer,
        date: telegram.now(),
        title,
        requestNeeded,
        expires: expireDate,
        limit: usageLimit,
        permanent: false,
        revoked: false,
      })
      return viewInvite(invite, channel)
    },
    "messages.getExportedChatInvites": ({ peer, adminId, revoked, limit }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const admin = accountOfPeer(telegram, adminId, viewer)
      const invites = channel.invites
        .all()
        .filter((invite) => invite.revoked === (revoked === true) && (invite.by === undefined || invite.by === admin))
      return {
        _: "messages.exportedChatInvites",
        count: invites.length,
        invites: invites.slice(0, Math.min(limit, MAX_PAGE)).map((invite) => viewInvite(invite, channel)),
        users: admin === undefined ? [] : [viewUser(admin, viewer)],
      }
    },
    "messages.getExportedChatInvite": ({ peer, link }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const invite = inviteOf(channel, link)
      return {
        _: "messages.exportedChatInvite",
        invite: viewInvite(invite, channel),
        users: [viewUser(invite.by ?? viewer, viewer)],
      }
    },
    "messages.editExportedChatInvite": ({ peer, link, revoked, ...changes }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const invite = inviteOf(channel, link)
      const users = [viewUser(invite.by ?? viewer, viewer)]
      const edited = set(channel, {
        ...invite,
        revoked: revoked === true,
        title: changes.title ?? invite.title,
        requestNeeded: changes.requestNeeded ?? invite.requestNeeded,
        expires: changes.expireDate ?? invite.expires,
        limit: changes.usageLimit ?? invite.limit,
      })
      if (revoked === true && invite.permanent) {
        // A permanent link is never missing: a new one takes the place of the one revoked.
        const replacement = inviteOf(channel, chats.permanentInvite(channel, invite.by ?? viewer))
        return {
          _: "messages.exportedChatInviteReplaced",
          invite: viewInvite(edited, channel),
          newInvite: viewInvite(replacement, channel),
          users,
        }
      }
      return { _: "messages.exportedChatInvite", invite: viewInvite(edited, channel), users }
    },
    "messages.deleteExportedChatInvite": ({ peer, link }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      chats.removeInvite(channel, inviteOf(channel, link).hash)
      return true
    },
    "messages.getChatInviteImporters": ({ peer, requested, link, limit }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const hash = link === undefined ? undefined : hashOfLink(link)
      const requests =
        requested === true
          ? channel.invites.requests().filter((request) => hash === undefined || request.hash === hash)
          : []
      const shown = requests.slice(0, Math.min(limit, MAX_PAGE))
      return {
        _: "messages.chatInviteImporters",
        count: requests.length,
        importers: shown.map(({ account, date }) => ({
          _: "chatInviteImporter",
          requested: true,
          userId: account.id,
          date,
        })),
        users: shown.map(({ account }) => viewUser(account, viewer)),
      }
    },
    "messages.hideChatJoinRequest": ({ peer, userId, approved }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const account = accountOfPeer(telegram, userId, viewer)
      if (account === undefined) throw new RpcError(400, "USER_ID_INVALID")
      const posted = chats.answerRequest(channel, account, approved === true, call.authKey)
      return viewUpdates(channel, viewChange(channel, posted, viewer), posted, viewer)
    },
    "messages.hideAllChatJoinRequests": ({ peer, link, approved }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      requireAdmin(channel, viewer, "inviteUsers")
      const hash = link === undefined ? undefined : hashOfLink(link)
      const posted = channel.invites
        .requests()
        .filter((request) => hash === undefined || request.hash === hash)
        .flatMap(({ account }) => chats.answerRequest(channel, account, approved === true, call.authKey))
      return viewUpdates(channel, viewChange(channel, posted, viewer), posted, viewer)
    },
  } satisfies Methods
}
