import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { accountStandings } from "../../db/account-states.ts"
import { Database } from "../../db/database.ts"
import { loginOf } from "../../db/logins.ts"
import { maskPhone } from "../log-line.ts"
import { turnAccount } from "../operator/account-turns.ts"
import { addByPhone } from "../operator/add-account.ts"
import { askAccount, nameOf } from "../operator/ask-account.ts"
import {
  chooseDestination,
  createdDestination,
  joinedDestination,
  seenDestination,
} from "../operator/choose-destination.ts"
import { beginLogin, giveAnswer } from "../operator/log-in.ts"
import { joinSource, readChat } from "../operator/read-chat.ts"
import { acted, answered } from "./answered.ts"
import { ConsoleApi } from "./api.ts"
import { NotThere, Refused } from "./api-errors.ts"
import { loginViewOf } from "./login-view.ts"

/** Below the time after which a silent connection is closed. */
const CHATS_SECONDS = 50

const noAccount = new NotThere({ message: "there is no such account any more" })

const accountOf = Effect.fn("accountOf")(function* (accountId: string) {
  const found = (yield* accountStandings()).find(({ id }) => id === accountId)
  return found ?? (yield* noAccount)
})

const standingOf = (accountId: string) =>
  Effect.flatMap(loginOf(accountId), Option.match({ onNone: () => noAccount, onSome: Effect.succeed }))

const add = Effect.fn("add")(function* (phone: string, name: string | null) {
  const account = yield* addByPhone(phone, name)
  return { id: account.id, what: `${maskPhone(account.phone)} is an account now; log it in.` }
})

const logIn = Effect.fn("logIn")(function* (accountId: string, method: "code" | "qr") {
  const begun = yield* beginLogin(yield* accountOf(accountId), method)
  return { what: begun === "done" ? "The account is logged in already." : "The login begins." }
})

type LoginReply = { readonly secret: string } | { readonly newCode: true }

const answerLogin = Effect.fn("answerLogin")(function* (accountId: string, reply: LoginReply) {
  const { answerKey, state } = yield* standingOf(accountId)
  if (answerKey === null || (state !== "waiting_code" && state !== "waiting_password"))
    return yield* new Refused({ message: "the login waits for no answer now" })
  if ("secret" in reply) {
    yield* giveAnswer(accountId, answerKey, { _tag: "Secret", text: reply.secret.trim() })
    return { what: "The answer is on its way to Telegram." }
  }
  yield* giveAnswer(accountId, answerKey, { _tag: "NewCode" })
  return { what: "Telegram is asked for a new code." }
})

const chats = Effect.fn("chats")(function* (accountId: string) {
  const answer = yield* askAccount(yield* accountOf(accountId), { _tag: "ListChats" }, CHATS_SECONDS)
  return answer._tag === "Chats" ? answer.chats : []
})

type SourceWish = { readonly chatId: number } | { readonly join: string }

const read = Effect.fn("read")(function* (accountId: string, wish: SourceWish) {
  const account = yield* accountOf(accountId)
  const source = "join" in wish ? (yield* joinSource(account, wish.join)).source : yield* readChat(account, wish.chatId)
  return {
    what:
      source === undefined
        ? `${nameOf(account)} has asked to be let in. Once an administrator has agreed, do this again.`
        : `${nameOf(account)} reads ${source.title} now.`,
  }
})

type DestinationWish = SourceWish | { readonly create: string }

const publish = Effect.fn("publish")(function* (accountId: string, wish: DestinationWish) {
  const account = yield* accountOf(accountId)
  const found =
    "create" in wish
      ? yield* createdDestination(account, wish.create)
      : "join" in wish
        ? yield* joinedDestination(account, wish.join)
        : yield* seenDestination(account, wish.chatId)
  const { accounts, title } = yield* chooseDestination(found)
  const others = accounts.map((one) => `${one.account} ${one.what}`).join("; ")
  return { what: `Everything is published in ${title} from now on. ${others}` }
})

/** Accounts in the console: what an operator has them do. */
export const layerAccounts = HttpApiBuilder.group(
  ConsoleApi,
  "accounts",
  Effect.fnUntraced(function* (handlers) {
    const database = yield* Database
    return handlers
      .handle("add", ({ payload }) => acted(database, "add an account", {}, add(payload.phone, payload.name)))
      .handle("turn", ({ params: { accountId }, payload: { turn } }) =>
        acted(
          database,
          turn,
          { account: accountId },
          Effect.flatMap(accountOf(accountId), (account) =>
            Effect.map(turnAccount(account, turn), (what) => ({ what })),
          ),
        ),
      )
      .handle("login", ({ params: { accountId } }) =>
        answered(database, Effect.map(standingOf(accountId), loginViewOf)),
      )
      .handle("logIn", ({ params: { accountId }, payload: { method } }) =>
        acted(database, "log in", { account: accountId, method }, logIn(accountId, method)),
      )
      .handle("answerLogin", ({ params: { accountId }, payload }) =>
        acted(database, "answer a login", { account: accountId }, answerLogin(accountId, payload)),
      )
      .handle("chats", ({ params: { accountId } }) => answered(database, chats(accountId)))
      .handle("read", ({ params: { accountId }, payload }) =>
        acted(database, "read a source", { account: accountId }, read(accountId, payload)),
      )
      .handle("publish", ({ params: { accountId }, payload }) =>
        acted(database, "choose the destination", { account: accountId }, publish(accountId, payload)),
      )
  }),
)
