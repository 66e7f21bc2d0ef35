import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Channel } from "../state/channel.ts"
import type { Invite } from "../state/invites.ts"

/** The link of a hash, in the form of today (core.telegram.org/api/links#chat-invite-links). */
export const inviteLink = (hash: string): string => `https://t.me/+${hash}`

/** The hash in any form of a link. */
export const hashOfLink = (link: string): string => /(?:\/\+|\/joinchat\/)([^/?]+)/.exec(link)?.[1] ?? link

/** An invite link as those see it who may make links. */
export const viewInvite = (invite: Invite, channel: Channel): Wire<tl.RawChatInviteExported> => {
  const usage = channel.invites.usage(invite.hash)
  const requested = channel.invites.requests().filter(({ hash }) => hash === invite.hash).length
  return {
    _: "chatInviteExported",
    revoked: invite.revoked,
    permanent: invite.permanent,
    requestNeeded: invite.requestNeeded,
    link: inviteLink(invite.hash),
    adminId: (invite.by ?? channel.members.creator())?.id ?? 0,
    date: invite.date,
    expireDate: invite.expires || undefined,
    usageLimit: invite.limit || undefined,
    usage: usage || undefined,
    requested: requested || undefined,
    title: invite.title || undefined,
  }
}
