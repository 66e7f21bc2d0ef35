import { Effect } from "effect"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { linkChannel } from "../../db/channels.ts"
import type { SeenChat } from "../channel/chat-requests.ts"
import { makeDestination, publishIn } from "../channel-roles.ts"
import { askAccount, canBeAsked, NotAnswered, nameOf } from "./ask-account.ts"

/** A chat that could be published in. */
export interface FoundDestination {
  readonly chat: SeenChat
  /** By which the other accounts can join it; null: none is known. */
  readonly inviteLink: string | null
}

/** A chat that the account sees already. */
export const seenDestination = Effect.fn("seenDestination")(function* (account: AccountStanding, chatId: number) {
  const answer = yield* askAccount(account, { _tag: "LookAtChat", chatId })
  if (answer._tag !== "Chat")
    return yield* new NotAnswered({ account: nameOf(account), reason: "it does not see the chat" })
  const { username } = answer.chat
  const found: FoundDestination = {
    chat: answer.chat,
    inviteLink: username === null ? null : `https://t.me/${username}`,
  }
  return found
})

/** A chat that the account joins for it, by its name or an invite link. */
export const joinedDestination = Effect.fn("joinedDestination")(function* (account: AccountStanding, link: string) {
  const answer = yield* askAccount(account, { _tag: "Join", target: link })
  if (answer._tag === "Joined") return { chat: answer.chat, inviteLink: link } satisfies FoundDestination
  return yield* new NotAnswered({
    account: nameOf(account),
    reason: "it has asked to be let in; once an administrator has agreed, repeat this command",
  })
})

/** A new supergroup of the account's own. */
export const createdDestination = Effect.fn("createdDestination")(function* (account: AccountStanding, title: string) {
  const answer = yield* askAccount(account, { _tag: "CreateDestination", title })
  if (answer._tag !== "Created") return yield* new NotAnswered({ account: nameOf(account), reason: "it made no chat" })
  const found: FoundDestination = { chat: answer.chat, inviteLink: answer.inviteLink }
  return found
})

/** Lets an account write to the destination, joining it first where that is needed and possible; says what came of it. */
const admit = Effect.fn("admit")(
  function* (account: AccountStanding, { chat, inviteLink }: FoundDestination, channelId: string) {
    yield* linkChannel({ accountId: account.id, channelId, role: "WRITER" })
    if (!(yield* canBeAsked(account))) return "not checked: no worker runs it now"
    const answer =
      inviteLink === null
        ? yield* askAccount(account, { _tag: "LookAtChat", chatId: chat.chatId })
        : yield* askAccount(account, { _tag: "Join", target: inviteLink, chatId: chat.chatId })
    if (answer._tag === "JoinRequested") return "has asked to be let in"
    if (answer._tag !== "Joined" && answer._tag !== "Chat") return "not checked"
    return answer.chat.canPost ? "may post" : "is a member and may not post: make it an administrator"
  },
  Effect.catch((error) => Effect.succeed(`cannot be there: ${error.message}`)),
)

/** Has everything published there from now on, and lets every account in; says how each came in. Fails with `ChatUnfit`. */
export const chooseDestination = Effect.fn("chooseDestination")(function* (found: FoundDestination) {
  const { chat, inviteLink } = found
  const row = yield* makeDestination(chat)
  const accounts = yield* Effect.forEach(
    (yield* accountStandings()).filter(({ isActive }) => isActive),
    (account) => Effect.map(admit(account, found, row.id), (what) => ({ account: nameOf(account), what })),
    { concurrency: "unbounded" },
  )
  yield* publishIn(row.id, inviteLink)
  return { channelId: row.id, chatId: chat.chatId, title: chat.title, inviteLink, accounts }
})
