import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import { viewInvite } from "./view-invite.ts"

/** What a client asks for when a channel is opened. */
export const viewFullChannel = (channel: Channel, viewer: Account): Wire<tl.RawChannelFull> => {
  const { properties, members, invites } = channel
  const isAdmin = members.isAdmin(viewer)
  const permanent = members.mayAsAdmin(viewer, "inviteUsers") ? invites.permanent(viewer) : undefined
  const requests = members.mayAsAdmin(viewer, "inviteUsers") ? invites.requests() : []
  const hiddenUpTo = channel.hiddenUpTo(viewer)
  return {
    _: "channelFull",
    canViewParticipants: properties.kind === "supergroup" || isAdmin,
    canSetUsername: members.get(viewer)?.status === "creator",
    hiddenPrehistory: properties.isHistoryHidden,
    canDeleteChannel: members.get(viewer)?.status === "creator",
    id: properties.id,
    about: properties.about,
    participantsCount: members.size,
    adminsCount: isAdmin ? members.admins().length : undefined,
    ...(isAdmin ? { kickedCount: members.outside().filter(({ status }) => status === "banned").length } : {}),
    ...(isAdmin ? { bannedCount: [...members].filter(({ restrictions }) => restrictions.length > 0).length } : {}),
    readInboxMaxId: channel.top?.id ?? 0,
    readOutboxMaxId: 0,
    unreadCount: 0,
    chatPhoto: { _: "photoEmpty", id: 0n },
    notifySettings: { _: "peerNotifySettings" },
    exportedInvite: permanent === undefined ? undefined : viewInvite(permanent, channel),
    botInfo: [],
    availableMinId: hiddenUpTo > 0 ? hiddenUpTo : undefined,
    // TDLib moves the chat to the main list when this is left out.
    folderId: channel.archivedBy.has(viewer) ? 1 : undefined,
    pts: channel.pts,
    ...(requests.length > 0
      ? { requestsPending: requests.length, recentRequesters: requests.map(({ account }) => account.id).slice(0, 3) }
      : {}),
  }
}
