import { Effect, FiberHandle, Stream } from "effect"
import type { Account } from "../../db/accounts.ts"
import type { Database } from "../../db/database.ts"
import { type LoginNote, noteLogin } from "../../db/logins.ts"
import { AccountError, type LoginState } from "../channel/account-rpcs.ts"
import { logEvent } from "../log-line.ts"
import type { Cell } from "./cell.ts"
import { LoginAnswers } from "./login-answers.ts"
import { answerLogin } from "./login-codes.ts"
import { StatusBoard } from "./status-board.ts"

/** What the board says while a login waits, and what the database says to whoever can help. */
interface Words {
  readonly reason: string
  readonly note: LoginNote
}

type Waiting = Exclude<LoginState, { readonly _tag: "Ready" | "RunningElsewhere" }>

const wordsOf = (state: Waiting, answerKey: string, refused: AccountError | undefined): Words => {
  const problem = refused?.problem === undefined ? {} : { problem: refused.problem }
  const why = refused === undefined ? "" : `; ${refused.message}`
  if (refused?.until !== undefined) {
    const reason = `Telegram takes no attempt to log in before ${new Date(refused.until).toISOString()}`
    return { reason, note: { state: "waiting_flood", until: refused.until, ...problem } }
  }
  switch (state._tag) {
    case "WaitingCode": {
      const way = state.sentBy === "" ? "" : `, sent ${state.sentBy}`
      const note = { state: "waiting_code", detail: state.sentBy, answerKey, ...problem } as const
      return { reason: `waiting for the login code${way}: stash account login NAME${why}`, note }
    }
    case "WaitingPassword": {
      const note = { state: "waiting_password", detail: state.hint, answerKey, ...problem } as const
      return { reason: `waiting for the two-step verification password: stash account login NAME${why}`, note }
    }
    case "WaitingScan":
      return {
        reason: "waiting for the QR code to be scanned: stash account login NAME --qr",
        note: { state: "waiting_scan", qrLink: state.link, answerKey },
      }
    case "WaitingFlood": {
      const reason = `Telegram takes no attempt to log in before ${new Date(state.until).toISOString()}`
      return { reason, note: { state: "waiting_flood", until: state.until, problem: "too_many_attempts" } }
    }
  }
}

/** The login goes on when it cannot be written down: the app and the commands know less for a while. */
const write = (accountId: string, note: LoginNote): Effect.Effect<void, never, Database> =>
  noteLogin(accountId, note).pipe(
    Effect.catch((error) =>
      logEvent.warn("login.unwritten", "The login state could not be stored", {
        account: accountId,
        error: error.message,
      }),
    ),
  )

/** Notes what ended a login, or the session of an account that was logged in. */
export const noteLoginProblem = (accountId: string, error: unknown): Effect.Effect<void, never, Database> =>
  error instanceof AccountError && error.problem !== undefined
    ? write(accountId, { state: "failed", problem: error.problem, detail: error.message })
    : Effect.void

/** Logs an account in, visibly: on the board, in the database, and to whoever answers from there. */
export const logAccountIn = Effect.fn("logAccountIn")(function* (
  cell: Cell,
  account: Account,
  sandboxCode: string | undefined,
) {
  const board = yield* StatusBoard
  const { publicKey } = yield* LoginAnswers
  const answering = yield* FiberHandle.make<void, unknown>()
  const show = Effect.fn("showLogin")(function* (state: Waiting, refused?: AccountError) {
    const { note, reason } = wordsOf(state, publicKey, refused)
    yield* board.change(account.id, { reason })
    yield* write(account.id, note)
  })
  const follow = Effect.fn("followLogin")(function* (state: LoginState) {
    switch (state._tag) {
      case "Ready":
        yield* write(account.id, { state: "ready" })
        return yield* board.change(account.id, { isPremium: state.isPremium, reason: "" })
      case "RunningElsewhere":
        yield* logEvent.info("account.elsewhere", "Another worker on this database runs the account; waiting for it", {
          account: account.id,
        })
        return yield* board.change(account.id, { reason: "another worker on the same database runs this account" })
      case "WaitingScan":
      case "WaitingFlood":
        return yield* show(state)
      case "WaitingCode":
      case "WaitingPassword": {
        const onAwaiting = yield* Effect.context<Database>().pipe(
          Effect.map((services) => (refused?: AccountError) => Effect.provideContext(show(state, refused), services)),
        )
        yield* FiberHandle.run(answering, answerLogin(cell, { accountId: account.id, state, sandboxCode, onAwaiting }))
      }
    }
  })
  yield* cell.account.Login().pipe(
    Stream.runForEach((state) => Effect.andThen(FiberHandle.clear(answering), follow(state))),
    // An answer that cannot be given at all ends the login.
    Effect.raceFirst(Effect.andThen(FiberHandle.join(answering), Effect.never)),
  )
}, Effect.scoped)
