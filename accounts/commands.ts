import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { markAuthenticated, setAuthState } from "../db/accounts.ts"
import type { Database } from "../db/database.ts"
import { LockSession } from "../db/lock-session.ts"
import { AccountError, AccountRpcs, type CycleEvent, type LoginState } from "../src/channel/account-rpcs.ts"
import { logEvent, maskPhone } from "../src/log-line.ts"
import { AccountConfig } from "./account-config.ts"
import { runCycle } from "./ingest/cycle.ts"
import type { Places } from "./ingest/set-work.ts"
import { cancelPointlessSends, settlePublications } from "./settle/settle.ts"
import type { Supervisor } from "./supervisor-client.ts"
import { type AuthorizationStates, logIn, submitCode, submitPassword, waitForFirstState } from "./telegram/login.ts"
import type { SendOutcomes } from "./telegram/send.ts"
import { Tdlib } from "./telegram/tdlib.ts"

type Services =
  | AccountConfig
  | Database
  | LockSession
  | Places
  | Supervisor
  | AuthorizationStates
  | SendOutcomes
  | Tdlib

type Settled = Effect.Success<ReturnType<typeof cancelPointlessSends>>

/** What one command leaves for the next. */
interface Session {
  readonly maxUploadBytes: number
  readonly replays: Settled["replays"]
  readonly cancelled: number
}

const noSession: Session = { maxUploadBytes: 0, replays: [], cancelled: 0 }

/** Errors that are not the operator's are tried again by the restart policy. */
const toAccountError = (error: { readonly message: string }): AccountError =>
  error instanceof AccountError ? error : new AccountError({ who: "retry", message: error.message })

/** An account runs in at most one cell over all supervisors on that database (P3). */
const takeAccount = Effect.fn("takeAccount")(function* () {
  const { accountId } = yield* AccountConfig
  const locks = yield* LockSession
  if (!(yield* locks.tryAccountLock(accountId)))
    return yield* new AccountError({ who: "retry", message: "this account is running elsewhere on the same database" })
})

const noteLoginState = Effect.fn("noteLoginState")(function* (state: LoginState) {
  const { accountId } = yield* AccountConfig
  if (state._tag === "WaitingCode") yield* setAuthState(accountId, "AWAITING_CODE")
  if (state._tag === "WaitingPassword") yield* setAuthState(accountId, "AWAITING_PASSWORD")
  if (state._tag === "Ready") yield* markAuthenticated(accountId, state.isPremium)
})

/** Opens the account: its lock, what is pending while still offline, the network, the login. */
const login = Effect.fn("login")(function* (
  session: Ref.Ref<Session>,
  report: (state: LoginState) => Effect.Effect<void>,
) {
  const { phone } = yield* AccountConfig
  const tdlib = yield* Tdlib
  yield* takeAccount()
  const first = yield* Effect.timeout(waitForFirstState(), "60 seconds")
  const pending = first._ === "authorizationStateReady" ? yield* cancelPointlessSends() : { replays: [], cancelled: 0 }
  yield* tdlib.goOnline
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
  yield* Ref.set(session, { ...pending, maxUploadBytes: ready.maxUploadBytes })
  yield* logEvent.info("account.ready", `Logged in as ${maskPhone(phone)}`, { isPremium: ready.isPremium })
})

const settle = Effect.fn("settle")(function* (session: Ref.Ref<Session>) {
  const { cancelled, replays } = yield* Ref.get(session)
  const settled = yield* settlePublications(replays)
  yield* logEvent.info("account.settled", "Settled what an earlier life left", { ...settled, cancelled })
  return { ...settled, cancelled }
})

const cycle = Effect.fn("cycle")(function* (
  session: Ref.Ref<Session>,
  report: (event: CycleEvent) => Effect.Effect<void>,
) {
  const config = yield* AccountConfig
  const { maxUploadBytes } = yield* Ref.get(session)
  yield* runCycle(Math.min(maxUploadBytes, config.maxPartBytes ?? maxUploadBytes), report)
})

/** The answers of an account cell to its supervisor's commands. */
export const layerCommands = AccountRpcs.toLayer(
  Effect.gen(function* () {
    const session = yield* Ref.make(noSession)
    const services = yield* Effect.context<Services>()
    const locks = yield* LockSession

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
      Login: () => reporting<LoginState>((report) => guarded(login(session, report))),
      SubmitCode: ({ code }) => guarded(submitCode(code)),
      SubmitPassword: ({ password }) => guarded(submitPassword(password)),
      Settle: () => guarded(settle(session)),
      RunCycle: () => reporting<CycleEvent>((report) => guarded(cycle(session, report))),
    })
  }),
)
