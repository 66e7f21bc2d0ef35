import * as Schema from "effect/Schema"
import { type Chats, newInviteHash } from "../methods/chats.ts"
import type { Channel } from "../state/channel.ts"
import { DEFAULT_ADMIN_RIGHTS } from "../state/rights.ts"
import type { Telegram } from "../state/telegram.ts"
import type { WorldChannel } from "../world.ts"
import {
  channelSettingFields,
  Phone,
  problemsOfChannel,
  secondsOf,
  Username,
  WorldAdmin,
  WorldInvite,
  WorldTopic,
} from "../world-channel.ts"
import { withAbsolutePaths } from "../world-message.ts"
import { problemsOfMessages } from "../world-message-references.ts"

const Phones = Schema.optionalKey(Schema.Array(Phone))

/** What an operator may do to a channel while clients are connected; all of it is done in the order of this list. */
export const ChannelToChange = Schema.Struct({
  ...channelSettingFields,
  /** null takes the username away. */
  username: Schema.optionalKey(Schema.NullOr(Username)),
  members: Schema.optionalKey(
    Schema.Struct({
      add: Phones,
      /** These have left. */
      remove: Phones,
      /** These were thrown out and cannot come back; adding them later lifts that. */
      ban: Phones,
    }),
  ),
  /** These become administrators, or get other rights. */
  admins: Schema.optionalKey(Schema.Array(WorldAdmin)),
  /** These administrators become ordinary members. */
  demote: Phones,
  joinRequests: Schema.optionalKey(Schema.Struct({ approve: Phones, decline: Phones })),
  invites: Schema.optionalKey(
    Schema.Struct({
      add: Schema.optionalKey(Schema.Array(WorldInvite)),
      /** Their hashes. */
      revoke: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
    }),
  ),
  /** New topics of a forum. */
  topics: Schema.optionalKey(Schema.Array(WorldTopic)),
  /** Whether everybody but the creator and the administrators loses access; false gives it back. */
  private: Schema.optionalKey(Schema.Boolean),
  /** Nobody can use it any more. */
  deleted: Schema.optionalKey(Schema.Literal(true)),
})
export type ChannelToChange = typeof ChannelToChange.Type

const phonesIn = (change: ChannelToChange): readonly (readonly [path: string, phone: string])[] => {
  const paths = (path: string, listed: readonly (string | { readonly phone: string })[] = []) =>
    listed.map((item, index) => [`${path}[${index}]`, typeof item === "string" ? item : item.phone] as const)
  return [
    ...paths("members.add", change.members?.add),
    ...paths("members.remove", change.members?.remove),
    ...paths("members.ban", change.members?.ban),
    ...paths("admins", change.admins),
    ...paths("demote", change.demote),
    ...paths("joinRequests.approve", change.joinRequests?.approve),
    ...paths("joinRequests.decline", change.joinRequests?.decline),
  ]
}

/** What is wrong with a change that has the right shape. */
export const problemsOfChange = (telegram: Telegram, channel: Channel, change: ChannelToChange): readonly string[] => {
  const problems = phonesIn(change).flatMap(([path, phone]) =>
    telegram.accounts.has(phone) ? [] : [`${path}: Expected the phone of an account, found ${phone}`],
  )
  const answered = [...(change.joinRequests?.approve ?? []), ...(change.joinRequests?.decline ?? [])]
  for (const phone of answered) {
    const account = telegram.accounts.get(phone)
    if (account !== undefined && channel.invites.requestOf(account) === undefined) {
      problems.push(`joinRequests: Expected somebody who asked to join, found ${phone}`)
    }
  }
  for (const hash of change.invites?.revoke ?? []) {
    if (channel.invites.get(hash) === undefined) problems.push(`invites.revoke: Expected a known hash, found ${hash}`)
  }
  if (change.topics !== undefined && !channel.properties.isForum) problems.push("topics: Expected a forum")
  const holder = typeof change.username === "string" ? telegram.channelByUsername(change.username) : undefined
  if (holder !== undefined && holder !== channel) {
    problems.push(`username: Expected one that is free, found that of ${holder.properties.name}`)
  }
  return problems
}

/** What is wrong with a channel to add that has the right shape. directory: what file paths are relative to. */
export const problemsOfNewChannel = (
  telegram: Telegram,
  channel: WorldChannel,
  directory: string,
): readonly string[] => {
  const isAccount = (phone: string) => telegram.accounts.has(phone)
  return [
    ...(telegram.channels.has(channel.name) ? [`name: Expected one that is free, found ${channel.name}`] : []),
    ...(channel.username !== undefined && telegram.channelByUsername(channel.username) !== undefined
      ? [`username: Expected one that is free, found ${channel.username}`]
      : []),
    ...problemsOfChannel(channel, "", isAccount),
    ...problemsOfMessages(
      [{ name: channel.name, path: "", messages: channel.messages ?? [] }],
      { directory, isAccount },
      (name = "", reference) => telegram.channels.get(name)?.labels.has(String(reference)),
    ),
  ]
}

/** Adds a channel while clients are connected; its members hear of it. */
export const controlNewChannel = (chats: Chats, channel: WorldChannel, directory: string): Channel => {
  const messages = channel.messages?.map((message) => withAbsolutePaths(message, directory))
  return chats.create(messages === undefined ? channel : { ...channel, messages })
}

const changeSettings = (chats: Chats, channel: Channel, change: ChannelToChange): void => {
  const settings = {
    ...(change.about === undefined ? {} : { about: change.about }),
    ...(change.username === undefined ? {} : { username: change.username ?? "" }),
    ...(change.protected === undefined ? {} : { isProtected: change.protected }),
    ...(change.hiddenHistory === undefined ? {} : { isHistoryHidden: change.hiddenHistory }),
    ...(change.requestNeeded === undefined ? {} : { isRequestNeeded: change.requestNeeded }),
    ...(change.defaultRights === undefined ? {} : { memberRights: change.defaultRights }),
  }
  if (Object.keys(settings).length > 0) chats.change(channel, settings)
  if (change.title !== undefined) chats.rename(channel, change.title, channel.members.creator())
}

/** Does all of it. The change must have no problems. */
export const controlChannel = (telegram: Telegram, chats: Chats, channel: Channel, change: ChannelToChange): void => {
  const accountsOf = (phones: readonly string[] = []) => phones.flatMap((phone) => telegram.accounts.get(phone) ?? [])
  changeSettings(chats, channel, change)
  for (const account of accountsOf(change.members?.add)) {
    if (!channel.members.has(account)) chats.join(channel, account)
  }
  for (const account of accountsOf(change.members?.remove)) {
    if (channel.members.has(account)) chats.leave(channel, account)
  }
  for (const account of accountsOf(change.members?.ban)) chats.setMember(channel, account, { status: "banned" })
  for (const listed of change.admins ?? []) {
    const admin = typeof listed === "string" ? { phone: listed } : listed
    for (const account of accountsOf([admin.phone])) {
      const rights = admin.rights ?? DEFAULT_ADMIN_RIGHTS
      chats.setMember(channel, account, { status: "admin", rights, ...(admin.rank ? { rank: admin.rank } : {}) })
    }
  }
  for (const account of accountsOf(change.demote)) chats.setMember(channel, account, { status: "member" })
  for (const account of accountsOf(change.joinRequests?.approve)) chats.answerRequest(channel, account, true)
  for (const account of accountsOf(change.joinRequests?.decline)) chats.answerRequest(channel, account, false)
  for (const invite of change.invites?.add ?? []) {
    chats.setInvite(channel, {
      hash: invite.hash ?? newInviteHash(),
      by: channel.members.creator()?.phone ?? null,
      date: telegram.now(),
      title: invite.title ?? "",
      requestNeeded: invite.requestNeeded ?? false,
      expires: invite.expires === undefined ? 0 : secondsOf(invite.expires),
      limit: invite.limit ?? 0,
      permanent: false,
      revoked: false,
    })
  }
  for (const hash of change.invites?.revoke ?? []) {
    const invite = channel.invites.get(hash)
    if (invite !== undefined) chats.setInvite(channel, { ...invite, by: invite.by?.phone ?? null, revoked: true })
  }
  for (const topic of change.topics ?? []) chats.addTopic(channel, topic.title ?? topic.name)
  if (change.private !== undefined) chats.change(channel, { isClosed: change.private })
  if (change.deleted === true) chats.change(channel, { isDeleted: true })
}
