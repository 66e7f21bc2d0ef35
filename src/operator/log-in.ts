import { Effect, Option, Schema } from "effect"
import { type AccountStanding, giveOrder } from "../../db/account-states.ts"
import { type LoginMethod, loginOf, wantLogin } from "../../db/logins.ts"
import { describeProblem, LoginProblem } from "../channel/login-problem.ts"
import type { LoginAnswer } from "../supervisor/login-answers.ts"
import { seal } from "../supervisor/sealed-answer.ts"

/** Thrown when: a login cannot begin, or has come to its end, and the account is not logged in. */
export class LoginFailed extends Schema.TaggedError<LoginFailed>()("LoginFailed", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

/** What a login's problem means, and what to do then; undefined: it has none that is known. */
export const adviceOf = (problem: string | null): string | undefined =>
  Option.getOrUndefined(
    Option.map(Schema.decodeUnknownOption(LoginProblem)(problem), (known) => describeProblem(known)),
  )

/**
 * Has the worker that runs an account log it in, this way; a login that waits already is left as it is.
 * Answers with `done` when the account is logged in. Fails with {@link LoginFailed} when it is disabled.
 */
export const beginLogin = Effect.fn("beginLogin")(function* (
  { id, isActive, isAlive }: AccountStanding,
  method: LoginMethod,
) {
  if (!isActive) return yield* new LoginFailed({ why: "the account is paused: stash account resume NAME, then log in" })
  const before = yield* loginOf(id)
  const isWaiting = Option.exists(before, (now) => now.method === method && (now.state ?? "").startsWith("waiting_"))
  if (Option.exists(before, ({ authState }) => authState === "AUTHENTICATED") && isAlive) return "done"
  if (isWaiting && isAlive) return "waiting"
  yield* wantLogin(id, method)
  yield* giveOrder({ order: "restart", accountId: id })
  yield* giveOrder({ order: "review" })
  return "begun"
})

/** Hands an answer to the worker that asked, sealed with the key that came with its question: the database cannot read it. */
export const giveAnswer = (accountId: string, key: string, answer: LoginAnswer) =>
  giveOrder({ order: "answer", accountId, sealed: seal(JSON.stringify(answer), key) })
