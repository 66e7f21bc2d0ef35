import * as Effect from "effect/Effect"
import type { DatabaseError } from "../db/connection.ts"
import type { Database } from "../db/database.ts"
import { type ChatAnswer, ChatRefusal, type ChatRequest } from "../src/channel/chat-requests.ts"
import type { AccountConfig } from "./account-config.ts"
import { lookForPackages } from "./settle/look-for-packages.ts"
import type { Supervisor } from "./supervisor-client.ts"
import { listChats, seenChat } from "./telegram/chats.ts"
import { requireChat } from "./telegram/history.ts"
import { joinChat } from "./telegram/join.ts"
import { readJoinTarget } from "./telegram/join-target.ts"
import { Tdlib } from "./telegram/tdlib.ts"
import type { TelegramError } from "./telegram/telegram-error.ts"

/** The chat, if it is in the account's lists, as only those are that it is a member of. */
const ownChat = (chatId: number) =>
  requireChat(chatId).pipe(
    Effect.flatMap((chat) => (chat.positions.length === 0 ? Effect.succeed(undefined) : seenChat(chat))),
    Effect.catchIf(
      (error) => error.kind === "not_found" || error.kind === "forbidden",
      () => Effect.succeed(undefined),
    ),
  )

const join = Effect.fn("join")(function* (text: string, chatId: number | undefined) {
  const own = chatId === undefined ? undefined : yield* ownChat(chatId)
  if (own !== undefined) return { _tag: "Joined", chat: own, wasMember: true } satisfies ChatAnswer
  const target = readJoinTarget(text)
  if (target === undefined)
    return yield* new ChatRefusal({
      reason: `${text} names no chat: give @username, a t.me link, or an invite link (t.me/+...)`,
    })
  return yield* joinChat(target)
})

const inviteTo = Effect.fn("inviteTo")(function* (chatId: number) {
  const tdlib = yield* Tdlib
  const link = yield* tdlib.invoke({ _: "createChatInviteLink", chat_id: chatId, name: "accounts" })
  return link.invite_link
})

const createDestination = Effect.fn("createDestination")(function* (title: string) {
  const tdlib = yield* Tdlib
  // A supergroup, because every member may post there: all accounts publish in one destination.
  const chat = yield* tdlib.invoke({ _: "createNewSupergroupChat", title, is_channel: false })
  return { _tag: "Created", chat: yield* seenChat(chat), inviteLink: yield* inviteTo(chat.id) } satisfies ChatAnswer
})

type Services = AccountConfig | Database | Supervisor | Tdlib

const perform = (
  request: ChatRequest,
): Effect.Effect<ChatAnswer, ChatRefusal | TelegramError | DatabaseError, Services> => {
  switch (request._tag) {
    case "ListChats":
      return Effect.map(listChats(), (chats): ChatAnswer => ({ _tag: "Chats", chats }))
    case "LookAtChat":
      return requireChat(request.chatId).pipe(
        Effect.flatMap((chat) => seenChat(chat)),
        Effect.map((chat): ChatAnswer => ({ _tag: "Chat", chat })),
      )
    case "Join":
      return join(request.target, request.chatId)
    case "CreateDestination":
      return createDestination(request.title)
    case "LookForPackages":
      return Effect.map(
        lookForPackages(request.packageIds, request.digestUpTo),
        (packages): ChatAnswer => ({ _tag: "PackagesLookedFor", packages }),
      )
    case "Invite":
      return requireChat(request.chatId).pipe(
        Effect.andThen(inviteTo(request.chatId)),
        Effect.map((inviteLink): ChatAnswer => ({ _tag: "Invited", inviteLink })),
      )
  }
}

const refusalOf = (error: ChatRefusal | TelegramError | DatabaseError): ChatRefusal => {
  if (error._tag === "ChatRefusal") return error
  return new ChatRefusal({ reason: error._tag === "TelegramError" ? `Telegram refuses: ${error.text}` : error.message })
}

/** Does what an operator asks of the account. Fails with `ChatRefusal`, whose reason is for the operator. */
export const answerChatRequest = (request: ChatRequest): Effect.Effect<ChatAnswer, ChatRefusal, Services> =>
  Effect.mapError(perform(request), refusalOf)
