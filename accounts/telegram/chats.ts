import * as Effect from "effect/Effect"
import type * as Td from "tdlib-types"
import type { SeenChat } from "../../src/channel/chat-requests.ts"
import { loadAllChats, requireChat } from "./history.ts"
import { Tdlib } from "./tdlib.ts"
import { telegramError } from "./telegram-error.ts"

/**
 * Message ids of basic groups and private chats are every account's own, while sets and packages are known by (channel,
 * message): the same archive would be another one for each account, and another archive the same (facts, W-62).
 */
const refusals: Partial<Record<SeenChat["kind"], string>> = {
  group: "a basic group numbers its messages for every account anew: let its owner make it a supergroup",
  private: "a private chat numbers its messages for every account anew: forward its archives to a channel",
}

const kindOf = (chat: Td.chat, group: Td.supergroup | undefined): SeenChat["kind"] => {
  if (chat.type._ === "chatTypeBasicGroup") return "group"
  if (group === undefined) return "private"
  if (group.is_channel) return "channel"
  return group.is_forum ? "forum" : "supergroup"
}

const canPostIn = (group: Td.supergroup | undefined, chat: Td.chat): boolean => {
  if (group === undefined) return false
  if (group.status._ === "chatMemberStatusCreator") return true
  if (group.status._ === "chatMemberStatusAdministrator")
    return !group.is_channel || group.status.rights.can_post_messages
  if (group.status._ === "chatMemberStatusRestricted")
    return group.status.is_member && group.status.permissions.can_send_documents
  return group.status._ === "chatMemberStatusMember" && !group.is_channel && chat.permissions.can_send_documents
}

const supergroupOf = Effect.fn("supergroupOf")(function* (chat: Td.chat) {
  if (chat.type._ !== "chatTypeSupergroup") return undefined
  const tdlib = yield* Tdlib
  return yield* tdlib.invoke({ _: "getSupergroup", supergroup_id: chat.type.supergroup_id })
})

const listNames = (chat: Td.chat, folders: ReadonlyMap<number, string>): ReadonlyArray<string> =>
  chat.positions.flatMap(({ list }) => {
    if (list._ === "chatListMain") return ["main"]
    if (list._ === "chatListArchive") return ["archive"]
    return folders.get(list.chat_folder_id) ?? []
  })

/** The names of the account's chat folders, by their ids. */
const chatFolders = Effect.fn("chatFolders")(function* () {
  const tdlib = yield* Tdlib
  const { updates } = yield* tdlib.invoke({ _: "getCurrentState" })
  const known = updates.flatMap((update) => (update._ === "updateChatFolders" ? update.chat_folders : []))
  return new Map(known.map(({ id, name }) => [id, name.text.text]))
})

/** What an operator wants to know of a chat. */
export const seenChat = Effect.fn("seenChat")(function* (
  chat: Td.chat,
  folders: ReadonlyMap<number, string> = new Map(),
) {
  const group = yield* supergroupOf(chat)
  const kind = kindOf(chat, group)
  const seen: SeenChat = {
    chatId: chat.id,
    title: chat.title,
    kind,
    username: group?.usernames?.active_usernames[0] ?? null,
    lists: listNames(chat, folders),
    canPost: canPostIn(group, chat),
    memberCount: group === undefined || group.member_count === 0 ? null : group.member_count,
    isProtected: chat.has_protected_content,
    refusal: refusals[kind] ?? null,
  }
  return seen
})

/** More chats than this are not listed; Telegram itself lets an account be in fewer. */
const MAX_CHATS = 10_000
const lists = [{ _: "chatListMain" }, { _: "chatListArchive" }] as const

/** All chats of the account, in the order in which Telegram shows them: the main list, then the archive. */
export const listChats = Effect.fn("listChats")(function* () {
  const tdlib = yield* Tdlib
  yield* loadAllChats()
  const folders = yield* chatFolders()
  const ids = yield* Effect.forEach(lists, (list) =>
    Effect.map(tdlib.invoke({ _: "getChats", chat_list: list, limit: MAX_CHATS }), ({ chat_ids }) => chat_ids),
  )
  return yield* Effect.forEach(new Set(ids.flat()), (chatId) =>
    Effect.flatMap(tdlib.invoke({ _: "getChat", chat_id: chatId }), (chat) => seenChat(chat, folders)),
  )
})

/** Why the account, as TDLib knows it, cannot read a supergroup or channel; undefined: it can. */
const obstacleOf = ({ status, usernames }: Td.supergroup): string | undefined => {
  if (status._ === "chatMemberStatusBanned") return "the account was removed from it, or it was deleted"
  const isPublic = (usernames?.active_usernames.length ?? 0) > 0
  if (status._ === "chatMemberStatusLeft" && !isPublic) return "the account is no member of it"
  return undefined
}

/**
 * The chat of a source, as this account sees it. Fails with kind `not_found` or `forbidden`, and a reason, when the
 * account cannot read it (any more), or when it can be no source.
 */
export const requireSource = Effect.fn("requireSource")(function* (chatId: number) {
  const chat = yield* requireChat(chatId)
  const group = yield* supergroupOf(chat)
  const obstacle = refusals[kindOf(chat, group)] ?? (group === undefined ? undefined : obstacleOf(group))
  if (obstacle !== undefined) return yield* telegramError("getChat", { code: 403, message: obstacle })
  return { isProtected: chat.has_protected_content, isForum: group?.is_forum === true }
})
