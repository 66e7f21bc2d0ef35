import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { AdminRight, MemberRight } from "../state/rights.ts"
import { RpcError } from "./rpc-error.ts"

/** Throws 400 CHAT_ADMIN_REQUIRED unless the account is an administrator with this right, or the creator. */
export const requireAdmin = (channel: Channel, account: Account, right: AdminRight): void => {
  if (!channel.members.mayAsAdmin(account, right)) throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
}

/** Whether an account may do what members need this right for; administrators always may. */
export const mayAsMember = (channel: Channel, account: Account, right: MemberRight): boolean => {
  if (channel.members.isAdmin(account)) return true
  const member = channel.members.get(account)
  if (member === undefined || !channel.members.has(account)) return false
  return channel.properties.memberRights.includes(right) && !member.restrictions.includes(right)
}

/** What a message holds, as far as rights tell it apart. */
export type MessageContentKind = "text" | "photo" | "document"

const RIGHT_OF_KIND: Readonly<Record<MessageContentKind, MemberRight>> = {
  text: "sendPlain",
  photo: "sendPhotos",
  document: "sendDocs",
}

const ERROR_OF_KIND: Readonly<Record<MessageContentKind, string>> = {
  text: "CHAT_SEND_PLAIN_FORBIDDEN",
  photo: "CHAT_SEND_PHOTOS_FORBIDDEN",
  document: "CHAT_SEND_DOCS_FORBIDDEN",
}

/**
 * Throws what Telegram answers to a message of this kind where the sender may not post it: 400 CHAT_ADMIN_REQUIRED in a
 * channel, 403 CHAT_WRITE_FORBIDDEN or CHAT_SEND_..._FORBIDDEN in a supergroup
 * (core.telegram.org/method/messages.sendMedia#possible-errors).
 */
export const requireMayPost = (channel: Channel, sender: Account, kind: MessageContentKind): void => {
  if (channel.properties.kind === "channel") {
    requireAdmin(channel, sender, "postMessages")
    return
  }
  if (!mayAsMember(channel, sender, "sendMessages")) throw new RpcError(403, "CHAT_WRITE_FORBIDDEN")
  if (kind !== "text" && !mayAsMember(channel, sender, "sendMedia")) {
    throw new RpcError(403, "CHAT_SEND_MEDIA_FORBIDDEN")
  }
  if (!mayAsMember(channel, sender, RIGHT_OF_KIND[kind])) throw new RpcError(403, ERROR_OF_KIND[kind])
}
