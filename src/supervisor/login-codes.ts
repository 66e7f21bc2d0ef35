import { Clock, Effect, Option, Schedule } from "effect"
import { takeAuthCode } from "../../db/accounts.ts"
import { AccountError, type LoginState } from "../channel/account-rpcs.ts"
import { isFinal } from "../channel/login-problem.ts"
import { logEvent } from "../log-line.ts"
import type { Cell } from "./cell.ts"
import { type LoginAnswer, LoginAnswers } from "./login-answers.ts"

/** A code or password that people typed into the web app waits in the account's row (facts/predecessor.md, 1.3). */
const typedByPeople = (accountId: string) =>
  takeAuthCode(accountId).pipe(
    Effect.repeat({ until: Option.isSome, schedule: Schedule.spaced("1 second") }),
    Effect.flatMap(Effect.fromOption),
    Effect.map((text): LoginAnswer => ({ _tag: "Secret", text })),
    Effect.orDie,
  )

const submit = (cell: Cell, state: LoginState["_tag"], answer: LoginAnswer) => {
  if (answer._tag === "NewCode") return cell.account.RenewCode()
  return state === "WaitingPassword"
    ? cell.account.SubmitPassword({ password: answer.text })
    : cell.account.SubmitCode({ code: answer.text })
}

type Asking = Extract<LoginState, { readonly _tag: "WaitingCode" | "WaitingPassword" }>

export interface LoginQuestion {
  readonly accountId: string
  readonly state: Asking
  readonly sandboxCode: string | undefined
  /** Hears that an answer is awaited, and why the one before it was refused. */
  readonly onAwaiting: (refused?: AccountError) => Effect.Effect<void>
}

const isRefusal = (error: unknown): error is AccountError => error instanceof AccountError && error.who === "operator"

/**
 * Answers a login that waits for a code or password: with the sandbox's fixed code, or with what people say. A refused
 * one is told and the next is awaited, after the time that Telegram asks for. Has no limit of its own: it waits for a
 * human, visibly, and is interrupted when the login moves on. Fails with what ends the login.
 */
export const answerLogin = Effect.fn("answerLogin")(function* (cell: Cell, question: LoginQuestion) {
  const { accountId, onAwaiting, sandboxCode, state } = question
  const next = yield* (yield* LoginAnswers).listen(accountId)
  yield* onAwaiting()
  if (sandboxCode !== undefined && state._tag === "WaitingCode")
    return yield* cell.account.SubmitCode({ code: sandboxCode })
  for (;;) {
    const answer = yield* Effect.raceFirst(typedByPeople(accountId), next)
    const refused = yield* submit(cell, state._tag, answer).pipe(
      Effect.as(undefined),
      Effect.catchIf(isRefusal, (error) => Effect.succeed(error)),
    )
    if (refused === undefined) return
    yield* logEvent.warn("login.refused", "The answer to the login was not accepted", {
      account: accountId,
      problem: refused.problem ?? null,
      reason: refused.message,
    })
    if (refused.problem !== undefined && refused.problem !== "refused" && isFinal(refused.problem))
      return yield* refused
    yield* onAwaiting(refused)
    if (refused.until === undefined) continue
    yield* Effect.sleep(Math.max(refused.until - (yield* Clock.currentTimeMillis), 0))
    yield* onAwaiting()
  }
}, Effect.scoped)
