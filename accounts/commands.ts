import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { markAuthenticated, setAuthState } from "../db/accounts.ts"
import type { Database } from "../db/database.ts"
import { LockSession } from "../db/lock-session.ts"
import { AccountError, AccountRpcs, type CycleEvent, type LoginState } from "../src/channel/account-rpcs.ts"
import { logEvent, maskPhone } from "../src/log-line.ts"
import { AccountConfig } from "./account-config.ts"
import { runCycle } from "./ingest/cycle.ts"
import { Drain } from "./ingest/drain.ts"
import type { Places } from "./ingest/set-work.ts"
import { watchEdits } from "./ingest/watch-edits.ts"
import { watchPosts } from "./ingest/watch-posts.ts"
import { settle } from "./settle/settle.ts"
import type { Supervisor } from "./supervisor-client.ts"
import {
  type AuthorizationStates,
  isPremiumAccount,
  logIn,
  submitCode,
  submitPassword,
  uploadLimit,
  waitForFirstState,
} from "./telegram/login.ts"
import type { SendOutcomes } from "./telegram/send.ts"
import { Tdlib } from "./telegram/tdlib.ts"

type Services =
  | AccountConfig
  | Database
  | Drain
  | LockSession
  | Places
  | Supervisor
  | AuthorizationStates
  | SendOutcomes
  | Tdlib

/** Errors that are not the operator's are tried again by the restart policy. */
const toAccountError = (error: { readonly message: string }): AccountError =>
  error instanceof AccountError ? error : new AccountError({ who: "retry", message: error.message })

/** How soon an account that another worker lets go of is taken over. */
const ELSEWHERE_EVERY = "1 second"

/**
 * An account runs in at most one cell over all supervisors on that database (P3). While another one has it, this one
 * waits, with TDLib offline: that is no failure, and when the other one dies its work goes on here.
 */
const takeAccount = Effect.fn("takeAccount")(function* (report: (state: LoginState) => Effect.Effect<void>) {
  const { accountId } = yield* AccountConfig
  const locks = yield* LockSession
  const take = locks.tryAccountLock(accountId)
  if (yield* take) return
  yield* report({ _tag: "RunningElsewhere" })
  yield* take.pipe(Effect.repeat({ until: (isTaken) => isTaken, schedule: Schedule.spaced(ELSEWHERE_EVERY) }))
})

const noteLoginState = Effect.fn("noteLoginState")(function* (state: LoginState) {
  const { accountId } = yield* AccountConfig
  if (state._tag === "WaitingCode") yield* setAuthState(accountId, "AWAITING_CODE")
  if (state._tag === "WaitingPassword") yield* setAuthState(accountId, "AWAITING_PASSWORD")
  if (state._tag === "Ready") yield* markAuthenticated(accountId, state.isPremium)
})

/** Takes the account and logs it in. One that is logged in already stays offline: settling comes first. */
const login = Effect.fn("login")(function* (report: (state: LoginState) => Effect.Effect<void>) {
  const { phone } = yield* AccountConfig
  const tdlib = yield* Tdlib
  yield* takeAccount(report)
  const first = yield* Effect.timeout(waitForFirstState(), "60 seconds")
  if (first._ !== "authorizationStateReady") yield* tdlib.goOnline
  const services = yield* Effect.context<Services>()
  const ready = yield* logIn(phone, first, (state) =>
    noteLoginState(state).pipe(
      Effect.catch((error) =>
        logEvent.warn("login.unwritten", "The login state could not be stored", { error: error.message }),
      ),
      Effect.andThen(report(state)),
      Effect.provideContext(services),
    ),
  )
  yield* logEvent.info("account.ready", `Logged in as ${maskPhone(phone)}`, { isPremium: ready.isPremium })
})

/** Settles, and asks again whether the account is premium: offline TDLib knew only what was true when it was closed. */
const settleAccount = Effect.fn("settleAccount")(function* () {
  const { accountId } = yield* AccountConfig
  const settled = yield* settle()
  const isPremium = yield* isPremiumAccount
  yield* markAuthenticated(accountId, isPremium)
  yield* logEvent.info("account.settled", "Settled what an earlier life left", settled)
  return { ...settled, isPremium }
})

const cycle = Effect.fn("cycle")(function* (report: (event: CycleEvent) => Effect.Effect<void>) {
  const { maxPartBytes } = yield* AccountConfig
  const limit = uploadLimit(yield* isPremiumAccount)
  yield* runCycle(Math.min(limit, maxPartBytes ?? limit), report)
})

/** The answers of an account cell to its supervisor's commands. */
export const layerCommands = AccountRpcs.toLayer(
  Effect.gen(function* () {
    const services = yield* Effect.context<Services>()
    const locks = yield* LockSession
    const drain = yield* Drain
    yield* watchEdits()
    yield* watchPosts()

    /** No command goes on without the lock session: what it guards is interrupted (P4). */
    const guarded = <A, E extends { readonly message: string }>(command: Effect.Effect<A, E, Services>) =>
      Effect.raceFirst(command, Effect.flatMap(locks.lost, Effect.fail)).pipe(
        Effect.mapError(toAccountError),
        Effect.provideContext(services),
      )
    /** Runs a command that reports while it works, as a stream that ends when the command does. */
    const reporting = <A>(
      command: (report: (event: A) => Effect.Effect<void>) => Effect.Effect<void, AccountError>,
    ): Stream.Stream<A, AccountError> =>
      Stream.callback((queue) =>
        command((event) => Effect.asVoid(Queue.offer(queue, event))).pipe(
          Effect.andThen(Queue.end(queue)),
          Effect.catch((error) => Queue.fail(queue, error)),
        ),
      )

    return AccountRpcs.of({
      Login: () => reporting<LoginState>((report) => guarded(login(report))),
      SubmitCode: ({ code }) => guarded(submitCode(code)),
      SubmitPassword: ({ password }) => guarded(submitPassword(password)),
      Settle: () => guarded(settleAccount()),
      Drain: ({ interrupts }) => drain.begin(interrupts),
      TakeUp: () => drain.end,
      RunCycle: () => reporting<CycleEvent>((report) => guarded(cycle(report))),
    })
  }),
)
