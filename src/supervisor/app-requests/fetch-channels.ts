import { Effect } from "effect"
import { completeFetch } from "../../../db/channel-fetch-requests.ts"
import { knownChannels, noteSeenChannels } from "../../../db/channels.ts"
import type { SeenChat } from "../../channel/chat-requests.ts"
import { askChat, type Done, unexpected, type Work } from "./work.ts"

/** A chat as the app's channel picker shows it. */
const pickable = (chat: SeenChat, known: { readonly id: string; readonly isLinked: boolean } | undefined) => ({
  chatId: String(chat.chatId),
  title: chat.title,
  type: chat.kind === "forum" ? "supergroup" : chat.kind,
  isForum: chat.kind === "forum",
  memberCount: chat.memberCount,
  alreadyLinked: known?.isLinked ?? false,
  existingChannelId: known?.id ?? null,
})

/**
 * Lists the account's chats for the app, and lets it know them as channels that are not enabled. Chats that can be no source
 * (SeenChat.refusal) are left out: whoever chose one would be told nothing but that it cannot be read.
 */
export const fetchChannels = Effect.fn("fetchChannels")(function* (work: Work) {
  const answer = yield* askChat(work, { _tag: "ListChats" })
  if (answer._tag !== "Chats") return yield* unexpected(answer)
  const chats = answer.chats.filter(({ refusal }) => refusal === null)
  const before = yield* knownChannels(
    work.accountId,
    chats.map(({ chatId }) => chatId),
  )
  const known = new Map(before.map((channel) => [channel.telegramId, channel]))
  yield* noteSeenChannels(chats.map(({ chatId, kind, title }) => ({ chatId, title, isForum: kind === "forum" })))
  const done: Done = completeFetch(
    work.request.id,
    chats.map((chat) => pickable(chat, known.get(chat.chatId))),
  )
  return done
})
