import { Effect, Option, Schedule } from "effect"
import { takeAuthCode } from "../../db/accounts.ts"
import { AccountError, type LoginState } from "../channel/account-rpcs.ts"
import { logEvent } from "../log-line.ts"
import type { Cell } from "./cell.ts"

/** A code or password that people typed into the web app waits in the account's row (facts/predecessor.md, 1.3). */
const typedByPeople = (accountId: string) =>
  takeAuthCode(accountId).pipe(
    Effect.repeat({ until: Option.isSome, schedule: Schedule.spaced("1 second") }),
    Effect.flatMap(Effect.fromOption),
    Effect.orDie,
  )

const submit = (cell: Cell, state: LoginState["_tag"], secret: string) =>
  state === "WaitingPassword"
    ? cell.account.SubmitPassword({ password: secret })
    : cell.account.SubmitCode({ code: secret })

/**
 * Answers a login that waits for a code or password: with the sandbox's fixed code, or with what people type. A refused
 * one is logged and the next is awaited. Has no limit of its own: it waits for a human, visibly, and is interrupted when
 * the login moves on.
 */
export const answerLogin = Effect.fn("answerLogin")(function* (
  cell: Cell,
  accountId: string,
  state: Extract<LoginState, { readonly _tag: "WaitingCode" | "WaitingPassword" }>,
  sandboxCode: string | undefined,
) {
  if (sandboxCode !== undefined && state._tag === "WaitingCode")
    return yield* cell.account.SubmitCode({ code: sandboxCode })
  for (;;) {
    const secret = yield* typedByPeople(accountId)
    const refused = yield* submit(cell, state._tag, secret).pipe(
      Effect.as(undefined),
      Effect.catchIf(
        (error) => error instanceof AccountError && error.who === "operator",
        (error) => Effect.succeed(error),
      ),
    )
    if (refused === undefined) return
    yield* logEvent.warn("login.refused", "The code or password was not accepted; waiting for another", {
      account: accountId,
      reason: refused.message,
    })
  }
})
