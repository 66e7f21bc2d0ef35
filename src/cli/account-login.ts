import { Console, Effect, Option, Schema } from "effect"
import { renderUnicodeCompact } from "uqr"
import type { AccountStanding } from "../../db/account-states.ts"
import { type LoginMethod, type LoginStanding, loginOf } from "../../db/logins.ts"
import { LoginProblem, loginAdvice } from "../channel/login-problem.ts"
import { adviceOf, beginLogin, giveAnswer, LoginFailed } from "../operator/log-in.ts"
import { Ask } from "./ask.ts"

const LOOK_EVERY = "250 millis"
/** After so many looks without a word from a worker, the operator is told. */
const SILENT_LOOKS = 60

const questionOf = ({ detail, problem, state }: LoginStanding): string => {
  const wrong = Option.getOrUndefined(Schema.decodeUnknownOption(LoginProblem)(problem))
  const before = wrong === undefined ? "" : `(${loginAdvice[wrong].what}) `
  if (state === "waiting_password")
    return `${before}Two-step verification password${detail === "" ? "" : `, hint: ${detail}`}`
  return `${before}Login code${detail === "" ? "" : `, sent ${detail}`} (empty: have a new one sent)`
}

/** Asks the operator for what the login waits for, and hands it, sealed, to the worker. */
const answer = Effect.fn("answer")(function* (accountId: string, standing: LoginStanding, key: string) {
  const { ask } = yield* Ask
  const isPassword = standing.state === "waiting_password"
  const text = (yield* ask(questionOf(standing), isPassword ? "hidden" : "shown")).trim()
  if (text !== "") return yield* giveAnswer(accountId, key, { _tag: "Secret", text })
  // An empty password is no answer: asked again when the standing is looked at next.
  if (!isPassword) yield* giveAnswer(accountId, key, { _tag: "NewCode" })
})

const showCode = (link: string) =>
  Console.log(
    `${renderUnicodeCompact(link)}\nScan this in Telegram on your phone: Settings, Devices, Link Desktop Device. It changes every half minute.`,
  )

const hint = (looks: number) =>
  looks === SILENT_LOOKS
    ? Console.error("No worker has taken the login up yet: is one running (npm start)? Still waiting ...")
    : Effect.void

/**
 * Logs an account in through the worker that runs it, with the operator at the terminal; any number of them at the same
 * time. Waits for people and for what Telegram asks, visibly; Ctrl-C leaves the login as it is, for another time.
 * Fails with {@link LoginFailed} when the login cannot go on.
 */
export const logInWithOperator = Effect.fn("logInWithOperator")(function* (
  account: AccountStanding,
  method: LoginMethod,
) {
  const { id } = account
  if ((yield* beginLogin(account, method)) === "done") return "The account is logged in already."
  let seen = ""
  for (let looks = 0; ; looks++) {
    const now = Option.getOrUndefined(yield* loginOf(id))
    if (now === undefined) return yield* new LoginFailed({ why: "the account was removed meanwhile" })
    if (now.method !== method) return yield* new LoginFailed({ why: "somebody logs the account in another way now" })
    if (now.state === "ready") return "Logged in."
    if (now.state === "failed") return yield* new LoginFailed({ why: adviceOf(now.problem) ?? now.detail })
    if (now.version !== seen) {
      seen = now.version
      if (now.state === "waiting_flood" && now.until !== null)
        yield* Console.error(`Telegram asks to wait until ${now.until.toISOString()}; the login goes on then.`)
      if (now.qrLink !== null) yield* showCode(now.qrLink)
      if ((now.state === "waiting_code" || now.state === "waiting_password") && now.answerKey !== null)
        yield* answer(id, now, now.answerKey)
    }
    if (now.state === null) yield* hint(looks)
    yield* Effect.sleep(LOOK_EVERY)
  }
})
