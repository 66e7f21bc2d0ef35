import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Td from "tdlib-types"
import { logEvent } from "../../src/log-line.ts"
import { type ChannelMessage, decodeMessage } from "./channel-message.ts"
import { Tdlib } from "./tdlib.ts"
import { type TelegramError, telegramError } from "./telegram-error.ts"

export const PAGE_SIZE = 100

/** A message that does not decode is logged and left out, so that one odd message cannot stop a channel. */
const decodePage = (messages: ReadonlyArray<Td.message>) =>
  Effect.forEach(messages, (message) =>
    decodeMessage(message).pipe(
      Effect.asSome,
      Effect.catch((error) =>
        Effect.as(
          logEvent.error("message.malformed", "A message could not be read", {
            chatId: message.chat_id,
            messageId: message.id,
            error: error.message,
          }),
          Option.none<ChannelMessage>(),
        ),
      ),
    ),
  ).pipe(Effect.map((decoded) => decoded.flatMap((message) => (Option.isSome(message) ? [message.value] : []))))

const filters = {
  documents: { _: "searchMessagesFilterDocument" },
  photos: { _: "searchMessagesFilterPhoto" },
} as const

/** A page of a search, newest first. */
export interface SearchPage {
  readonly messages: ReadonlyArray<ChannelMessage>
  /** Of all messages of the page, those too that could not be decoded. */
  readonly ids: ReadonlyArray<number>
  /** Where the next older page begins; 0: there is none. */
  readonly next: number
}

/**
 * A hundred messages of one kind in a chat, from `fromMessageId` (0: the newest) on downwards; with a negative `offset`
 * so many newer ones too. A page may be shorter for any reason: only `next` = 0 is the end (W-2).
 * `searchChatMessages`, because `getChatHistory` shows only service messages where the history is hidden (facts,
 * lesson 4a44374).
 * Without a `text` to search for, TDLib may answer from its own database (`search_dialog_messages` in its
 * MessagesManager.cpp), which lacks what it has not heard of yet.
 */
export const searchPage = Effect.fn("searchPage")(function* (
  chatId: number,
  kind: keyof typeof filters,
  fromMessageId: number,
  { offset = 0, text = "" } = {},
) {
  const tdlib = yield* Tdlib
  const found = yield* tdlib.invoke(
    {
      _: "searchChatMessages",
      chat_id: chatId,
      query: text,
      from_message_id: fromMessageId,
      offset,
      limit: PAGE_SIZE,
      filter: filters[kind],
    },
    120,
  )
  const next = found.next_from_message_id
  if (offset === 0 && fromMessageId > 0 && next >= fromMessageId)
    return yield* telegramError("searchChatMessages", { message: `the search stands still at message ${next}` })
  const page: SearchPage = {
    messages: yield* decodePage(found.messages),
    ids: found.messages.map(({ id }) => id),
    next,
  }
  return page
})

/** All messages of one kind in a chat that are newer than `afterMessageId`, newest first, page by page. */
export const searchMessages = (
  chatId: number,
  kind: keyof typeof filters,
  afterMessageId: number,
  text = "",
): Stream.Stream<ChannelMessage, TelegramError, Tdlib> =>
  Stream.paginate(0, (fromMessageId) =>
    Effect.map(searchPage(chatId, kind, fromMessageId, { text }), ({ ids, messages, next }) => {
      const reachedMark = ids.some((id) => id <= afterMessageId)
      return [
        messages.filter((message) => message.id > afterMessageId),
        next === 0 || reachedMark ? Option.none<number>() : Option.some(next),
      ] as const
    }),
  )

/**
 * The documents newer than `afterMessageId` whose caption has `text`, and whatever else TDLib knows there, newest first.
 * Asks the server too: of a message that was delivered right before a kill, the next life's TDLib may know nothing.
 */
export const searchTagged = Effect.fn("searchTagged")(function* (chatId: number, afterMessageId: number, text: string) {
  const onServer = yield* Stream.runCollect(searchMessages(chatId, "documents", afterMessageId, text))
  const known = yield* Stream.runCollect(searchMessages(chatId, "documents", afterMessageId))
  const byId = new Map([...known, ...onServer].map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => b.id - a.id)
})

/** Messages of others between our unsent ones are looked through this far. */
const MAX_PENDING_PAGES = 50

/**
 * What this account itself still wants to send to `chatId`, as far back as `afterMessageId`. Reads the local database
 * only; works with the network off.
 */
export const pendingSends = Effect.fn("pendingSends")(function* (chatId: number, afterMessageId: number) {
  const tdlib = yield* Tdlib
  const pending: Array<ChannelMessage> = []
  let fromMessageId = 0
  for (let pages = 0; pages < MAX_PENDING_PAGES; pages++) {
    const page = yield* tdlib.invoke({
      _: "getChatHistory",
      chat_id: chatId,
      from_message_id: fromMessageId,
      offset: 0,
      limit: PAGE_SIZE,
      only_local: true,
    })
    const messages = yield* decodePage(page.messages.flatMap((message) => (message === null ? [] : [message])))
    pending.push(...messages.filter((message) => message.sending !== "sent"))
    const last = messages.at(-1)
    // An unsent message keeps the place it was put at, right after the message that was the newest then.
    if (last === undefined || last.id <= afterMessageId || last.id === fromMessageId) break
    fromMessageId = last.id
  }
  return pending
})

/** The id of the newest message in `chatId` as the server has it; 0 when there is none. */
export const newestMessageId = Effect.fn("newestMessageId")(function* (chatId: number) {
  const tdlib = yield* Tdlib
  const page = yield* tdlib.invoke({
    _: "getChatHistory",
    chat_id: chatId,
    from_message_id: 0,
    offset: 0,
    limit: PAGE_SIZE,
    only_local: false,
  })
  // Our own unsent messages lie on top.
  return page.messages.find((message) => message?.sending_state === undefined)?.id ?? 0
})

/**
 * The messages with these ids, a hundred at most; null for one that is not there. TDLib asks the server for those it
 * does not know itself (td_api: getMessages).
 */
export const messagesById = Effect.fn("messagesById")(function* (chatId: number, messageIds: ReadonlyArray<number>) {
  const tdlib = yield* Tdlib
  const { messages } = yield* tdlib.invoke({ _: "getMessages", chat_id: chatId, message_ids: [...messageIds] }, 120)
  return yield* Effect.forEach(messageIds, (messageId) => {
    const message = messages.find((one) => one?.id === messageId)
    return message === undefined || message === null
      ? Effect.succeed(null)
      : decodeMessage(message).pipe(
          Effect.mapError((error) => telegramError("getMessages", { message: error.message })),
        )
  })
})

/**
 * Whether this account sees everything that was ever posted in a chat: in a supergroup with hidden history a member
 * sees only what came after it had joined, and what came before looks deleted.
 */
export const seesWholeHistory = Effect.fn("seesWholeHistory")(function* (chatId: number) {
  const tdlib = yield* Tdlib
  const chat = yield* tdlib.invoke({ _: "getChat", chat_id: chatId })
  if (chat.type._ !== "chatTypeSupergroup") return false
  if (chat.type.is_channel) return true
  const full = yield* tdlib.invoke({ _: "getSupergroupFullInfo", supergroup_id: chat.type.supergroup_id })
  return full.is_all_history_available
})

const chatLists = [{ _: "chatListMain" }, { _: "chatListArchive" }] as const

/** Makes TDLib know every chat of the account: until it answers 404, in the main list and in the archive. */
export const loadAllChats = Effect.fn("loadAllChats")(function* () {
  const tdlib = yield* Tdlib
  const loadList = (list: (typeof chatLists)[number]) =>
    tdlib.invoke({ _: "loadChats", chat_list: list, limit: 500 }).pipe(
      Effect.forever,
      Effect.catchIf(
        (error) => error.code === 404,
        () => Effect.void,
      ),
    )
  yield* Effect.forEach(chatLists, loadList, { discard: true })
})

/** Fails with kind `not_found` or `forbidden` when the account cannot see `chatId` (any more). */
export const requireChat = Effect.fn("requireChat")(function* (chatId: number) {
  const tdlib = yield* Tdlib
  return yield* tdlib
    .invoke({ _: "getChat", chat_id: chatId })
    .pipe(
      Effect.mapError((error) =>
        error.kind === "refused" ? telegramError("getChat", { code: 404, message: error.text }) : error,
      ),
    )
})
