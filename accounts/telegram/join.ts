import * as Effect from "effect/Effect"
import type { ChatAnswer } from "../../src/channel/chat-requests.ts"
import { ChatRefusal } from "../../src/channel/chat-requests.ts"
import { seenChat } from "./chats.ts"
import { withJoinBudget } from "./join-budget.ts"
import type { JoinTarget } from "./join-target.ts"
import { Tdlib } from "./tdlib.ts"
import type { TelegramError } from "./telegram-error.ts"

/** Telegram's words for why nobody is let in (core.telegram.org/method/messages.importChatInvite), and ours. */
const reasons: ReadonlyArray<readonly [RegExp, string]> = [
  [/INVITE_HASH_EXPIRED/, "the invite link has expired, was used up, or the account is banned there"],
  [/INVITE_HASH_(INVALID|EMPTY)|INVALID.*LINK/i, "there is no such invite link"],
  [/USERNAME_(INVALID|NOT_OCCUPIED)|not found/i, "nothing has this username"],
  [/CHANNELS_TOO_MUCH/, "the account is in as many channels as Telegram allows: leave some first"],
  [/CHANNEL_PRIVATE|USER_BANNED/, "the account is banned there, or the channel is private: an invite link is needed"],
]

const refuse = (error: TelegramError): ChatRefusal | TelegramError => {
  const known = reasons.find(([pattern]) => pattern.test(error.text))
  return known === undefined ? error : new ChatRefusal({ reason: `${known[1]} (${error.text})` })
}

const isRequestSent = (error: { readonly message: string }): boolean => /INVITE_REQUEST_SENT/.test(error.message)

const joinPublic = Effect.fn("joinPublic")(function* (username: string) {
  const tdlib = yield* Tdlib
  const chat = yield* tdlib.invoke({ _: "searchPublicChat", username })
  if (chat.type._ !== "chatTypeSupergroup")
    return yield* new ChatRefusal({ reason: `@${username} is a person or a bot, no channel and no group` })
  const { status } = yield* tdlib.invoke({ _: "getSupergroup", supergroup_id: chat.type.supergroup_id })
  const wasMember = status._ !== "chatMemberStatusLeft" && status._ !== "chatMemberStatusBanned"
  const requested: ChatAnswer = { _tag: "JoinRequested", title: chat.title }
  if (wasMember) return { _tag: "Joined", chat: yield* seenChat(chat), wasMember } satisfies ChatAnswer
  return yield* withJoinBudget("join", tdlib.invoke({ _: "joinChat", chat_id: chat.id })).pipe(
    Effect.andThen(tdlib.invoke({ _: "getChat", chat_id: chat.id })),
    Effect.flatMap(seenChat),
    Effect.map((joined): ChatAnswer => ({ _tag: "Joined", chat: joined, wasMember })),
    Effect.catchIf(isRequestSent, () => Effect.succeed(requested)),
  )
})

const joinByInvite = Effect.fn("joinByInvite")(function* (link: string) {
  const tdlib = yield* Tdlib
  const { chat_id, title } = yield* withJoinBudget(
    "invite check",
    tdlib.invoke({ _: "checkChatInviteLink", invite_link: link }),
  )
  if (chat_id !== 0) {
    const chat = yield* tdlib.invoke({ _: "getChat", chat_id })
    const seen = yield* seenChat(chat)
    // A chat that may be looked at before joining has an id as well, and is in no list.
    if (chat.positions.length > 0) return { _tag: "Joined", chat: seen, wasMember: true } satisfies ChatAnswer
  }
  const requested: ChatAnswer = { _tag: "JoinRequested", title }
  return yield* withJoinBudget("join", tdlib.invoke({ _: "joinChatByInviteLink", invite_link: link })).pipe(
    Effect.flatMap(seenChat),
    Effect.map((chat): ChatAnswer => ({ _tag: "Joined", chat, wasMember: false })),
    Effect.catchIf(isRequestSent, () => Effect.succeed(requested)),
  )
})

/**
 * Makes the account a member; says so too when it was one already, or when an administrator has to let it in first.
 * Joins and invite checks
 * are rationed. Fails with `ChatRefusal` when Telegram, or the ration, lets it not in, with the reason.
 */
export const joinChat = (target: JoinTarget) =>
  (target.kind === "username" ? joinPublic(target.username) : joinByInvite(target.link)).pipe(
    Effect.mapError((error) => {
      if (error._tag === "TelegramError") return refuse(error)
      return error._tag === "JoinBudgetSpent" ? new ChatRefusal({ reason: error.message }) : error
    }),
  )
