import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Member } from "../state/members.ts"
import { ADMIN_RIGHTS, type AdminRight, flagsOf, MEMBER_RIGHTS, type MemberRight } from "../state/rights.ts"

/** How Telegram writes "for ever" in the date of a restriction. */
const FOR_EVER = 2_147_483_647

const viewAdminRights = (rights: readonly AdminRight[]): Wire<tl.RawChatAdminRights> => ({
  _: "chatAdminRights",
  ...flagsOf(rights),
  // TDLib drops rights that lack "other".
  other: true,
})

/** The rights that these take away, until a time: Unix seconds, 0 for ever. */
export const viewBannedRights = (taken: readonly MemberRight[], until = 0): Wire<tl.RawChatBannedRights> => ({
  _: "chatBannedRights",
  ...flagsOf(taken),
  untilDate: until || FOR_EVER,
})

/** Rights that a creator has without being told; "anonymous" would hide its name. */
const CREATOR_RIGHTS = ADMIN_RIGHTS.filter((right) => right !== "anonymous")

const adminRightsOf = (member: Member | undefined): readonly AdminRight[] | undefined => {
  if (member?.status === "creator") return CREATOR_RIGHTS
  return member?.status === "admin" ? member.rights : undefined
}

/** What a default chatBannedRights takes from everybody. */
export const viewDefaultBannedRights = ({ properties }: Channel): Wire<tl.RawChatBannedRights> =>
  viewBannedRights(MEMBER_RIGHTS.filter((right) => !properties.memberRights.includes(right)))

/** A channel as this account sees it; channelForbidden when it must not. */
export const viewChannel = (channel: Channel, viewer: Account): Wire<tl.RawChannel | tl.RawChannelForbidden> => {
  const { properties, members } = channel
  const member = members.get(viewer)
  const broadcast = properties.kind === "channel"
  const { id, accessHash, title } = properties
  // Who left of itself still sees what it left, who never was in a private channel does not.
  if (!channel.isReadableBy(viewer) && (member?.status !== "left" || properties.isDeleted || properties.isClosed)) {
    return {
      _: "channelForbidden",
      broadcast,
      megagroup: !broadcast,
      id,
      accessHash,
      title,
      untilDate: member?.status === "banned" ? member.until || FOR_EVER : undefined,
    }
  }
  const adminRights = adminRightsOf(member)
  const restrictions = member?.status === "member" ? member.restrictions : []
  return {
    _: "channel",
    creator: member?.status === "creator",
    broadcast,
    megagroup: !broadcast,
    forum: properties.isForum,
    left: !members.has(viewer),
    noforwards: properties.isProtected,
    joinRequest: properties.isRequestNeeded,
    id,
    accessHash,
    title,
    username: properties.username,
    photo: { _: "chatPhotoEmpty" },
    date: members.has(viewer) ? (member?.since ?? properties.created) : properties.created,
    participantsCount: members.size,
    adminRights: adminRights === undefined ? undefined : viewAdminRights(adminRights),
    bannedRights: restrictions.length > 0 ? viewBannedRights(restrictions, member?.until) : undefined,
    defaultBannedRights: broadcast ? undefined : viewDefaultBannedRights(channel),
  }
}

/** An account as a participant of a channel, as another account sees it; undefined when it never was one. */
export const viewParticipant = (
  channel: Channel,
  account: Account,
  viewer: Account,
): Wire<tl.TypeChannelParticipant> | undefined => {
  const member = channel.members.get(account)
  if (member === undefined) return undefined
  const { status, since, rights, restrictions, until } = member
  const rank = member.rank || undefined
  const by = channel.members.creator()?.id ?? account.id
  const peer: Wire<tl.RawPeerUser> = { _: "peerUser", userId: account.id }
  const isSelf = account === viewer
  switch (status) {
    case "creator":
      return {
        _: "channelParticipantCreator",
        userId: account.id,
        adminRights: viewAdminRights(CREATOR_RIGHTS),
        rank,
      }
    case "admin":
      return {
        _: "channelParticipantAdmin",
        canEdit: channel.members.get(viewer)?.status === "creator",
        self: isSelf,
        inviterId: isSelf ? by : undefined,
        userId: account.id,
        promotedBy: by,
        date: since,
        adminRights: viewAdminRights(rights),
        rank,
      }
    case "member":
      if (restrictions.length > 0) {
        return {
          _: "channelParticipantBanned",
          peer,
          kickedBy: by,
          date: since,
          bannedRights: viewBannedRights(restrictions, until),
        }
      }
      if (isSelf) return { _: "channelParticipantSelf", userId: account.id, inviterId: by, date: since }
      return { _: "channelParticipant", userId: account.id, date: since }
    case "left":
      return { _: "channelParticipantLeft", peer }
    case "banned":
      return {
        _: "channelParticipantBanned",
        left: true,
        peer,
        kickedBy: by,
        date: since,
        bannedRights: viewBannedRights(["viewMessages"], until),
      }
  }
}
