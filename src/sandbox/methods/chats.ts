import { randomBytes } from "node:crypto"
import type { AuthKey } from "../protocol/auth-key.ts"
import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { ChannelChangedRecord, InviteRecord, MemberRecord } from "../state/channel-records.ts"
import type { Telegram } from "../state/telegram.ts"
import { DEFAULT_ICON_COLOR } from "../state/topics.ts"
import type { WorldChannel } from "../world.ts"
import type { Announcements } from "./announcements.ts"
import { viewNewMessages } from "./announcements.ts"
import { RpcError } from "./rpc-error.ts"

export type ChannelChanges = ChannelChangedRecord["settings"]
export type MemberChange = Omit<MemberRecord, "type" | "channel" | "at" | "phone">

/** How somebody comes in: by an invite link, as approved by an administrator, or of itself. */
export type Entrance = { readonly hash?: string; readonly approved?: true; readonly addedBy?: Account }

/** Changes channels, their members and their invite links, and tells the connected clients that this concerns. */
export class Chats {
  readonly #telegram: Telegram
  readonly #announcements: Announcements

  constructor(telegram: Telegram, announcements: Announcements) {
    this.#telegram = telegram
    this.#announcements = announcements
  }

  /** Makes a channel; file paths in it are absolute. */
  create(channel: WorldChannel, by?: AuthKey): Channel {
    this.#telegram.commit({ type: "channel-added", at: this.#telegram.now(), channel })
    const created = this.#telegram.channels.get(channel.name)
    if (created === undefined) throw new Error(`${channel.name} was not created`)
    this.#announcements.changed(created, [], by)
    return created
  }

  /** A name for a channel that a client makes: its title, with a number where that is taken. */
  nameFor(title: string): string {
    const { channels } = this.#telegram
    let name = title
    for (let number = 2; channels.has(name); number++) name = `${title} ${number}`
    return name
  }

  change(channel: Channel, settings: ChannelChanges, by?: AuthKey): void {
    const { name } = channel.properties
    this.#telegram.commit({ type: "channel-changed", channel: name, at: this.#telegram.now(), settings })
    this.#announcements.changed(channel, [], by)
  }

  /** Changes the title, which a service message tells everybody. */
  rename(channel: Channel, title: string, editor: Account | undefined, by?: AuthKey): readonly Message[] {
    this.change(channel, { title }, by)
    return this.#service(channel, { _: "messageActionChatEditTitle", title } as TlObject, editor, by)
  }

  setMember(channel: Channel, account: Account, change: MemberChange, by?: AuthKey): void {
    const { name } = channel.properties
    this.#telegram.commit({ type: "member", channel: name, at: this.#telegram.now(), phone: account.phone, ...change })
    this.#announcements.changed(channel, [account], by)
  }

  /** Lets an account in; returns the service message that tells so in a supergroup. */
  join(channel: Channel, account: Account, entrance: Entrance = {}, by?: AuthKey): readonly Message[] {
    const { hash, approved, addedBy } = entrance
    this.setMember(channel, account, { status: "member", ...(hash === undefined ? {} : { hash }) }, by)
    if (channel.properties.kind === "channel") return []
    const inviter = hash === undefined ? undefined : (channel.invites.get(hash)?.by ?? channel.members.creator())
    const action =
      approved === true
        ? { _: "messageActionChatJoinedByRequest" }
        : hash === undefined
          ? { _: "messageActionChatAddUser", users: [account.id] }
          : { _: "messageActionChatJoinedByLink", inviterId: inviter?.id ?? account.id }
    return this.#service(channel, action, addedBy ?? account, by)
  }

  /** Throws 400 USER_NOT_PARTICIPANT. */
  leave(channel: Channel, account: Account, by?: AuthKey): readonly Message[] {
    if (!channel.members.has(account)) throw new RpcError(400, "USER_NOT_PARTICIPANT")
    this.setMember(channel, account, { status: "left" }, by)
    if (channel.properties.kind === "channel") return []
    return this.#service(channel, { _: "messageActionChatDeleteUser", userId: account.id } as TlObject, account, by)
  }

  askToJoin(channel: Channel, account: Account, hash: string | undefined): void {
    const { name } = channel.properties
    const at = this.#telegram.now()
    this.#telegram.commit({ type: "join-request", channel: name, at, phone: account.phone, hash: hash ?? null })
    this.#tellRequests(channel)
  }

  /** Throws 400 HIDE_REQUESTER_MISSING when the account has not asked. */
  answerRequest(channel: Channel, account: Account, isApproved: boolean, by?: AuthKey): readonly Message[] {
    const request = channel.invites.requestOf(account)
    if (request === undefined) throw new RpcError(400, "HIDE_REQUESTER_MISSING")
    const { name } = channel.properties
    const { hash } = request
    let posted: readonly Message[] = []
    if (isApproved)
      posted = this.join(channel, account, { ...(hash === undefined ? {} : { hash }), approved: true }, by)
    else this.#telegram.commit({ type: "join-request-settled", channel: name, phone: account.phone })
    this.#tellRequests(channel, by)
    return posted
  }

  /** Makes or changes an invite link. */
  setInvite(channel: Channel, invite: Omit<InviteRecord, "type" | "channel">): void {
    this.#telegram.commit({ type: "invite", channel: channel.properties.name, ...invite })
  }

  removeInvite(channel: Channel, hash: string): void {
    this.#telegram.commit({ type: "invite-removed", channel: channel.properties.name, hash })
  }

  /** The permanent link of an administrator, made when there is none. */
  permanentInvite(channel: Channel, by: Account): string {
    const known = channel.invites.permanent(by)
    if (known !== undefined) return known.hash
    const hash = newInviteHash()
    const date = this.#telegram.now()
    const none = { title: "", requestNeeded: false, expires: 0, limit: 0, revoked: false }
    this.setInvite(channel, { hash, by: by.phone, date, permanent: true, ...none })
    return hash
  }

  /** Makes a topic of a forum. */
  addTopic(channel: Channel, title: string): readonly Message[] {
    const action = { _: "messageActionTopicCreate", title, iconColor: DEFAULT_ICON_COLOR }
    return this.#service(channel, action, channel.members.creator())
  }

  archive(channel: Channel, account: Account, archived: boolean): void {
    this.#telegram.commit({ type: "archived", channel: channel.properties.name, phone: account.phone, archived })
  }

  #service(channel: Channel, action: TlObject, from: Account | undefined, by?: AuthKey): readonly Message[] {
    const posted = this.#telegram.post(channel, [{ text: "", action, ...(from === undefined ? {} : { from }) }])
    this.#announcements.posted(channel, posted, by)
    return posted
  }

  #tellRequests(channel: Channel, by?: AuthKey): void {
    const { invites, members, properties } = channel
    const requests = invites.requests()
    this.#announcements.tell(
      channel,
      (viewer) => members.mayAsAdmin(viewer, "inviteUsers"),
      () => [
        {
          _: "updatePendingJoinRequests",
          peer: { _: "peerChannel", channelId: properties.id },
          requestsPending: requests.length,
          recentRequesters: requests.map(({ account }) => account.id),
        },
      ],
      by,
      requests.map(({ account }) => account),
    )
  }
}

/** A hash for a new invite link: 16 characters, as Telegram's have. */
export const newInviteHash = (): string => randomBytes(12).toString("base64url")

/** What a client is answered that changed a channel: what it is now, and the service messages that this made. */
export const viewChange = (channel: Channel, posted: readonly Message[], viewer: Account) => [
  { _: "updateChannel" as const, channelId: channel.properties.id },
  ...viewNewMessages(channel, posted, viewer),
]
