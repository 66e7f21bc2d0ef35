import { Effect } from "effect"
import type { AccountStanding } from "../../db/account-states.ts"
import { makeSource, readSource } from "../channel-roles.ts"
import { askAccount } from "./ask-account.ts"

/** Has an account join a chat by its name or an invite link, and read it as a source. No source: it waits to be let in. */
export const joinSource = Effect.fn("joinSource")(function* (account: AccountStanding, target: string) {
  const answer = yield* askAccount(account, { _tag: "Join", target })
  if (answer._tag !== "Joined") return { answer, source: undefined }
  const source = yield* makeSource(answer.chat)
  yield* readSource(account.id, source.id)
  return { answer, source }
})

/** Has an account read a chat that it sees already. */
export const readChat = Effect.fn("readChat")(function* (account: AccountStanding, chatId: number) {
  const answer = yield* askAccount(account, { _tag: "LookAtChat", chatId })
  if (answer._tag !== "Chat") return undefined
  const source = yield* makeSource(answer.chat)
  yield* readSource(account.id, source.id)
  return source
})
