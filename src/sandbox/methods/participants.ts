import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { requireAdmin } from "./permissions.ts"
import { viewUser } from "./view.ts"
import { viewParticipant } from "./view-channel.ts"

/** The most participants that one answer holds, as on the real server. */
const MAX_PAGE = 200

const matches = (account: Account, text: string): boolean =>
  `${account.firstName} ${account.lastName}`.toLowerCase().includes(text.toLowerCase())

const select = (channel: Channel, filter: Wire<tl.TypeChannelParticipantsFilter>): readonly Account[] => {
  const { members } = channel
  const accounts = [...members].map(({ account }) => account)
  const outside = members.outside()
  switch (filter._) {
    case "channelParticipantsAdmins":
      return members.admins().map(({ account }) => account)
    case "channelParticipantsSearch":
    case "channelParticipantsContacts":
      return accounts.filter((account) => matches(account, filter.q))
    case "channelParticipantsKicked":
      return outside.flatMap(({ account, status }) =>
        status === "banned" && matches(account, filter.q) ? account : [],
      )
    case "channelParticipantsBanned":
      return [...members].flatMap(({ account, restrictions }) =>
        restrictions.length > 0 && matches(account, filter.q) ? account : [],
      )
    case "channelParticipantsBots":
      return []
    default:
      return accounts
  }
}

/** Who is in a channel. */
export const participantMethods = (telegram: Telegram) =>
  ({
    "channels.getParticipants": ({ channel: peer, filter, offset, limit }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      // Of a broadcast channel's subscribers administrators alone may know.
      if (channel.properties.kind === "channel" && !channel.members.isAdmin(viewer)) {
        requireAdmin(channel, viewer, "other")
      }
      const selected = select(channel, filter)
      const page = selected.slice(offset, offset + Math.min(limit, MAX_PAGE))
      return {
        _: "channels.channelParticipants",
        count: selected.length,
        participants: page.flatMap((account) => viewParticipant(channel, account, viewer) ?? []),
        chats: [],
        users: page.map((account) => viewUser(account, viewer)),
      }
    },
  }) satisfies Methods
