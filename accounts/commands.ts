import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { markAuthenticated, setAuthState } from "../db/accounts.ts"
import type { Database } from "../db/database.ts"
import { LockSession } from "../db/lock-session.ts"
import { loginWish } from "../db/logins.ts"
import { failStaleRuns } from "../db/runs.ts"
import { AccountError, AccountRpcs, type CycleEvent, type LoginState, loginError } from "../src/channel/account-rpcs.ts"
import { ChatRefusal } from "../src/channel/chat-requests.ts"
import type { DocumentPage, FetchEvent } from "../src/channel/document-requests.ts"
import { makeLatestWins } from "../src/channel/latest-wins.ts"
import { isFinal, LoginProblem } from "../src/channel/login-problem.ts"
import { logEvent, maskPhone } from "../src/log-line.ts"
import { AccountConfig } from "./account-config.ts"
import { answerChatRequest } from "./answer-chat-request.ts"
import { fetchDocuments } from "./fetch-documents.ts"
import { runCycle } from "./ingest/cycle.ts"
import { Drain } from "./ingest/drain.ts"
import type { Places } from "./ingest/places.ts"
import type { Posts } from "./ingest/posts.ts"
import { publishFiles } from "./ingest/publish-files.ts"
import { watchEdits } from "./ingest/watch-edits.ts"
import { watchPosts } from "./ingest/watch-posts.ts"
import { listDocuments } from "./list-documents.ts"
import { Meter, timed } from "./meter.ts"
import { completePackages } from "./relist/complete-packages.ts"
import { settle } from "./settle/settle.ts"
import type { Supervisor } from "./supervisor-client.ts"
import {
  AuthorizationStates,
  endSession,
  isPremiumAccount,
  logIn,
  renewCode,
  submitCode,
  submitPassword,
  waitForFirstState,
} from "./telegram/login.ts"
import type { SendOutcomes } from "./telegram/send.ts"
import { Tdlib } from "./telegram/tdlib.ts"
import { TelegramError } from "./telegram/telegram-error.ts"
import { UploadLimit } from "./telegram/upload-limit.ts"

type Services =
  | AccountConfig
  | Database
  | Drain
  | LockSession
  | Places
  | Posts
  | Supervisor
  | AuthorizationStates
  | SendOutcomes
  | Tdlib
  | UploadLimit

/** Errors that are not the operator's are tried again by the restart policy, and not before Telegram allows it. */
const toAccountError = (error: { readonly message: string }, now: number): AccountError => {
  if (error instanceof AccountError) return error
  // TDLib says no more than "Unauthorized" of a session that was ended, whatever the server said.
  if (error instanceof TelegramError && error.kind === "unauthorised") return loginError("session_ended")
  const seconds = error instanceof TelegramError ? error.retryAfterSeconds : null
  const until = seconds === null ? {} : { until: now + seconds * 1000 }
  return new AccountError({ who: "retry", message: error.message, ...until })
}

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

/** How long another worker may take to let go of an account whose session is to end. */
const LET_GO_LIMIT = "15 seconds"
const END_LIMIT = "60 seconds"

const endAccountSession = Effect.gen(function* () {
  yield* takeAccount(() => Effect.void).pipe(
    Effect.timeoutOrElse({
      duration: LET_GO_LIMIT,
      orElse: () => new AccountError({ who: "operator", message: "another worker runs the account: stop it first" }),
    }),
  )
  return yield* endSession().pipe(
    Effect.timeoutOrElse({
      duration: END_LIMIT,
      orElse: () => new AccountError({ who: "retry", message: "Telegram was not reached" }),
    }),
  )
})

const noteLoginState = Effect.fn("noteLoginState")(function* (state: LoginState) {
  const { accountId } = yield* AccountConfig
  if (state._tag === "WaitingCode") yield* setAuthState(accountId, "AWAITING_CODE")
  if (state._tag === "WaitingPassword") yield* setAuthState(accountId, "AWAITING_PASSWORD")
  if (state._tag === "Ready") yield* markAuthenticated(accountId, state.isPremium)
})

/** From now on the account logs in only when an operator wants it: by itself it would send codes for ever. */
const noteLoginEnd = Effect.fn("noteLoginEnd")(function* ({ problem }: AccountError) {
  const { accountId } = yield* AccountConfig
  if (problem === undefined || !isFinal(problem)) return
  yield* setAuthState(accountId, "EXPIRED").pipe(
    Effect.catch((error) =>
      logEvent.warn("login.unwritten", "The end of the login could not be stored", { error: error.message }),
    ),
  )
})

const knownProblem = Schema.decodeUnknownOption(LoginProblem)

/**
 * A session that is not there (any more) is an alarm, not a reason to log in anew: that is begun by the operator, who
 * adds the account or has it log in. In the sandbox nobody is bothered by codes.
 */
const requireWish = Effect.fn("requireWish")(function* () {
  const { accountId, logsInByItself } = yield* AccountConfig
  const { isWanted, method, problem } = yield* loginWish(accountId)
  if (!isWanted && !logsInByItself) {
    const why = Option.getOrElse(knownProblem(problem), () => "session_lost" as const)
    if (why === "session_lost")
      yield* logEvent.error("login.session_lost", "TDLib has no session of an account that was logged in", {
        accountId,
      })
    return yield* loginError(why)
  }
  return method
})

/** Takes the account and logs it in. One that is logged in already stays offline: settling comes first. */
const login = Effect.fn("login")(function* (report: (state: LoginState) => Effect.Effect<void>) {
  const { phone } = yield* AccountConfig
  const tdlib = yield* Tdlib
  yield* takeAccount(report)
  const first = yield* Effect.timeout(waitForFirstState(), "60 seconds")
  const isLoggedIn = first._ === "authorizationStateReady"
  const method = isLoggedIn ? "code" : yield* requireWish()
  if (!isLoggedIn) yield* tdlib.goOnline
  const services = yield* Effect.context<Services>()
  const ready = yield* logIn({ phone, method }, first, (state) =>
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
  // Whatever this life comes to, nobody works on what an earlier one was at.
  yield* failStaleRuns(accountId)
  const settled = yield* settle()
  const isPremium = yield* isPremiumAccount
  const limit = yield* UploadLimit
  limit.note(isPremium)
  yield* markAuthenticated(accountId, isPremium)
  yield* logEvent.info("account.settled", "Settled what an earlier life left", settled)
  return { ...settled, isPremium }
})

const keepAll = () => undefined

/** Of the progress of a set or a source the latest is enough; everything else that a cycle tells is counted. */
const progressOf = (event: CycleEvent) => {
  if (event._tag === "SourceReading") return `source ${event.channelId}`
  return event._tag === "SetProgress" ? event.setKey : undefined
}

/** The answers of an account cell to its supervisor's commands. */
export const layerCommands = AccountRpcs.toLayer(
  Effect.gen(function* () {
    const services = yield* Effect.context<Services>()
    const { phone } = yield* AccountConfig
    const locks = yield* LockSession
    const drain = yield* Drain
    const { sessionEnded } = yield* AuthorizationStates
    const { note } = yield* Meter
    yield* locks.lost.pipe(Effect.andThen(Effect.sync(() => note({ _tag: "LockLost" }))), Effect.forkScoped)
    yield* watchEdits()
    yield* watchPosts()

    /** No command goes on without the lock session, or without the one at Telegram: what they guard is interrupted (P4). */
    const guarded = <A, E extends { readonly message: string }>(command: Effect.Effect<A, E, Services>) =>
      command.pipe(
        Effect.raceFirst(Effect.flatMap(locks.lost, Effect.fail)),
        Effect.raceFirst(sessionEnded),
        Effect.catch((error) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(toAccountError(error, now))),
        ),
        Effect.tapError(noteLoginEnd),
        Effect.provideContext(services),
      )
    /** Runs a command that reports while it works, as a stream that ends when the command does. */
    const reporting = <A, E = AccountError>(
      placeOf: (event: A) => string | undefined,
      command: (report: (event: A) => Effect.Effect<void>) => Effect.Effect<void, E>,
    ): Stream.Stream<A, E> =>
      Stream.unwrap(
        Effect.gen(function* () {
          const events = yield* makeLatestWins<A, E>(placeOf)
          yield* command(events.offer).pipe(Effect.andThen(events.end), Effect.catch(events.fail), Effect.forkScoped)
          return events.stream
        }),
      )

    /** What an operator asked for fails with words for the operator; the account goes on. */
    const refusing = <A, E extends { readonly message: string }>(command: Effect.Effect<A, E, Services>) =>
      command.pipe(
        Effect.mapError((error) => (error instanceof ChatRefusal ? error : new ChatRefusal({ reason: error.message }))),
        Effect.provideContext(services),
      )

    return AccountRpcs.of({
      Login: () => reporting<LoginState>(keepAll, (report) => guarded(login(report))),
      SubmitCode: ({ code }) => guarded(submitCode(code)),
      SubmitPassword: ({ password }) => guarded(submitPassword(password)),
      RenewCode: () => guarded(renewCode(phone)),
      EndSession: () => guarded(endAccountSession),
      AwaitSessionEnd: () => guarded(Effect.never),
      Settle: () => guarded(timed("settle")(settleAccount())),
      Drain: ({ interrupts }) => drain.begin(interrupts),
      TakeUp: () => drain.end,
      RunCycle: () => reporting<CycleEvent>(progressOf, (report) => guarded(runCycle(report))),
      ListDocuments: ({ chatId }) =>
        reporting<DocumentPage, ChatRefusal>(keepAll, (report) => refusing(listDocuments(chatId, report))),
      PublishFiles: (wanted) =>
        guarded(Effect.catchTag(publishFiles(wanted), "ChatRefusal", (refusal) => Effect.succeed(refusal))).pipe(
          Effect.flatMap((answer) => (answer instanceof ChatRefusal ? Effect.fail(answer) : Effect.succeed(answer))),
        ),
      FetchDocuments: (wanted) =>
        reporting<FetchEvent, ChatRefusal>(
          (event) => (event._tag === "Fetching" ? "progress" : undefined),
          (report) => refusing(fetchDocuments(wanted, report)),
        ),
      CompletePackages: () => guarded(completePackages()),
      AskChat: ({ request }) => Effect.provideContext(answerChatRequest(request), services),
    })
  }),
)
