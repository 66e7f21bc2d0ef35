import type { WorldChannelFrame } from "../world-channel.ts"
import { secondsOf, type WorldDate } from "../world-channel.ts"
import type { Account } from "./account.ts"
import type { Channel } from "./channel.ts"
import { type ChannelSettings, DEFAULT_SETTINGS } from "./channel-properties.ts"
import { stableId } from "./identifiers.ts"
import type { Member } from "./members.ts"
import { DEFAULT_ADMIN_RIGHTS } from "./rights.ts"

/** The settings that a world gives a channel. */
export const settingsOf = (channel: WorldChannelFrame): ChannelSettings => ({
  title: channel.title ?? channel.name,
  about: channel.about ?? DEFAULT_SETTINGS.about,
  username: channel.username,
  isForum: channel.forum ?? false,
  isProtected: channel.protected ?? false,
  isHistoryHidden: channel.hiddenHistory ?? false,
  isRequestNeeded: channel.requestNeeded ?? false,
  memberRights: channel.defaultRights ?? DEFAULT_SETTINGS.memberRights,
  isClosed: false,
  isDeleted: false,
})

/**
 * When a channel was made: Unix seconds, before the first of its messages. TDLib takes a chat for as new as the channel
 * when its newest message is older (MessagesManager.cpp, calc_dialog_order).
 */
export const creationDate = (messages: readonly { readonly date?: WorldDate }[], latest: number): number =>
  messages.reduce(
    (earliest, { date }) => (date === undefined ? earliest : Math.min(earliest, secondsOf(date) - 1)),
    latest,
  )

/** A hash for an invite link: 16 characters, as Telegram's have; it depends on the words alone. */
export const inviteHash = (...words: readonly (string | number)[]): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64LE(stableId("invite", ...words), 0)
  bytes.writeBigInt64LE(stableId("invite again", ...words), 8)
  return bytes.toString("base64url").slice(0, 16)
}

/** The number of the last message that was there at this time: Unix seconds. */
const lastMessageAt = (channel: Channel, date: number): number =>
  channel.messages.findLast((message) => message.date <= date)?.id ?? 0

/** Lets the accounts that a world names into a channel that has its messages, and makes the invite links. */
export const addPeople = (channel: Channel, world: WorldChannelFrame, accounts: ReadonlyMap<string, Account>): void => {
  const { created } = channel.properties
  const set = (phone: string, member: Pick<Member, "status"> & Partial<Member>) => {
    const account = accounts.get(phone)
    if (account === undefined) return
    const nothing = { since: created, joinedAfter: 0, rights: [], restrictions: [], until: 0, rank: "" }
    channel.members.set({ account, ...nothing, ...member })
  }
  for (const listed of world.members ?? []) {
    const member = typeof listed === "string" ? { phone: listed } : listed
    const since = member.joined === undefined ? undefined : secondsOf(member.joined)
    set(member.phone, {
      status: "member",
      ...(since === undefined ? {} : { since, joinedAfter: lastMessageAt(channel, since) }),
    })
  }
  for (const listed of world.admins ?? []) {
    const admin = typeof listed === "string" ? { phone: listed } : listed
    set(admin.phone, { status: "admin", rights: admin.rights ?? DEFAULT_ADMIN_RIGHTS, rank: admin.rank ?? "" })
  }
  for (const phone of world.banned ?? []) set(phone, { status: "banned" })
  if (world.creator !== undefined) set(world.creator, { status: "creator" })
  for (const [index, invite] of (world.invites ?? []).entries()) {
    channel.invites.set({
      hash: invite.hash ?? inviteHash(world.name, index),
      by: channel.members.creator() ?? channel.members.admins()[0]?.account,
      date: created,
      title: invite.title ?? "",
      requestNeeded: invite.requestNeeded ?? false,
      expires: invite.expires === undefined ? 0 : secondsOf(invite.expires),
      limit: invite.limit ?? 0,
      permanent: false,
      revoked: false,
    })
  }
  for (const phone of world.archived ?? []) {
    const account = accounts.get(phone)
    if (account !== undefined) channel.archivedBy.add(account)
  }
  for (const phone of world.joinRequests ?? []) {
    const account = accounts.get(phone)
    if (account !== undefined) channel.invites.request({ account, date: created, hash: undefined })
  }
}
