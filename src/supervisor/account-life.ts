import { join } from "node:path"
import { Clock, Deferred, type Duration, Effect, Schedule, Schema, type Semaphore } from "effect"
import type { Account } from "../../db/accounts.ts"
import type { Database, DatabaseError } from "../../db/database.ts"
import { freeSessions } from "../../db/server-facts.ts"
import { isServerFull } from "../../db/sessions.ts"
import { layoutOf } from "../adopt/tdlib-folder.ts"
import { AccountError } from "../channel/account-rpcs.ts"
import { missingRoom } from "../disk-room.ts"
import { logEvent } from "../log-line.ts"
import { accountCycles } from "./account-cycles.ts"
import { answerEarlierRequests, answerRequests, untilAnswered } from "./answer-requests.ts"
import { admitAccount } from "./app-requests/admit-account.ts"
import { answerAppRequests, answerQuickRequests } from "./app-requests/answer.ts"
import type { Cell } from "./cell.ts"
import { logAccountIn, noteLoginProblem } from "./log-account-in.ts"
import { Orders } from "./orders.ts"
import { type CellFoundations, startAccountCell } from "./start-account-cell.ts"
import { startInTurn } from "./start-in-turn.ts"
import { StatusBoard } from "./status-board.ts"

/** What every account lives with. */
export interface CellSurroundings extends CellFoundations {
  /** For cells that start: see {@link startInTurn}. */
  readonly startPlaces: Semaphore.Semaphore
  /** Completes when the worker is to stop: what is under way may end, nothing new begins. */
  readonly stopping: Deferred.Deferred<void>
  /** Hears that an account is parked. */
  readonly onParked: (parked: AccountParked) => Effect.Effect<void>
}

/** Thrown when: an account was parked, and the operator wants the worker to end then (STASH_ON_PARKED=exit). */
export class AccountParked extends Schema.TaggedError<AccountParked>()("AccountParked", {
  accountId: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `the account ${this.accountId} is parked: ${this.reason}`
  }
}

/** Thrown when: a life could not go on before Telegram allowed it, and now it may. */
export class WaitOver extends Schema.TaggedError<WaitOver>()("WaitOver", {}) {
  override get message(): string {
    return "the wait that Telegram had asked for is over"
  }
}

/** An answer to a login can fail with anything. */
const toError = (failure: unknown): Error => (failure instanceof Error ? failure : new Error(String(failure)))

type WaitForTelegram = AccountError & { readonly until: number }

/** A login that was refused for too many attempts waits for the operator too, and is shown by itself. */
const isWaitForTelegram = (error: unknown): error is WaitForTelegram =>
  error instanceof AccountError && error.who === "retry" && error.until !== undefined

/** A life that Telegram lets do nothing waits, visibly, instead of failing again and again; then another one begins. */
const sitOut = Effect.fn("AccountLife.sitOut")(function* (account: Account, { message, until }: WaitForTelegram) {
  const board = yield* StatusBoard
  yield* board.change(account.id, {
    reason: `waiting for Telegram until ${new Date(until).toISOString()}: ${message}`,
  })
  yield* Effect.sleep(Math.max(until - (yield* Clock.currentTimeMillis), 0))
  return yield* new WaitOver()
})

interface Obstacle {
  /** Why no life can begin now, as people read it; undefined: one can. */
  readonly look: Effect.Effect<string | undefined, DatabaseError, Database>
  readonly event: string
  /** What is logged. */
  readonly message: string
  /** How soon its end is noticed. */
  readonly every: Duration.Input
}

/** Lives that fail for what lies outside of the account would soon be more than the restart policy allows: it waits, visibly. */
const awaitEndOf = Effect.fn("AccountLife.awaitEndOf")(function* (
  account: Account,
  { event, every, look, message }: Obstacle,
) {
  const board = yield* StatusBoard
  const why = yield* look
  if (why === undefined) return
  yield* logEvent.warn(event, message, { account: account.id, why })
  yield* board.change(account.id, { reason: why })
  yield* look.pipe(Effect.repeat({ until: (still) => still === undefined, schedule: Schedule.spaced(every) }))
  yield* board.change(account.id, { reason: "" })
})

/** TDLib would end the process it runs in. */
const diskFull = (folder: string): Obstacle => ({
  look: Effect.map(missingRoom(folder, 0), (missing) =>
    missing === 0 ? undefined : `no space left for ${folder}: ${missing} bytes more are needed`,
  ),
  event: "account.no_room",
  message: "The disk is full; the account waits until there is room",
  every: "5 seconds",
})

/** Of its locks one, and of its statements one. */
const LIFE_SESSIONS = 2
const FULL = "the database lets no more sessions in: raise its max_connections, or pause other accounts"

const databaseAway: Obstacle = {
  look: freeSessions().pipe(
    Effect.map((free) => (free < LIFE_SESSIONS ? FULL : undefined)),
    Effect.catchIf(
      ({ reason }) => reason === "unavailable" || reason === "timeout",
      (error) => Effect.succeed(isServerFull(error) ? FULL : "the database is away"),
    ),
  ),
  event: "account.no_database",
  message: "The database is away, or full; the account waits for it",
  every: "1 second",
}

/** TDLib would begin an empty database beside the one that the former worker left, and ask for a login. */
const requireAdopted = Effect.fn("AccountLife.requireAdopted")(function* (folder: string) {
  if ((yield* Effect.promise(() => layoutOf(folder))) !== "former") return
  return yield* new AccountError({
    who: "operator",
    message: `${folder} is as the former worker left it: stop that one, then take its accounts over with: stash adopt`,
  })
})

/**
 * The cycles of a life. What an operator must mend may be what the account is being asked for at that moment, such as to join
 * the destination that it cannot see: then that is waited for, and the cycles begin once more.
 */
const cyclesOf = Effect.fn("AccountLife.cycles")(function* (
  cell: Cell,
  account: Account,
  surroundings: CellSurroundings,
) {
  const board = yield* StatusBoard
  const cycles = accountCycles(cell, account, surroundings)
  return yield* cycles.pipe(
    Effect.catchIf(
      (error) => error._tag === "AccountError" && error.who === "operator",
      (error) =>
        Effect.gen(function* () {
          if (!(yield* untilAnswered(account.id))) return yield* error
          yield* board.move(account.id, "idle", error.message)
          return yield* cycles
        }),
    ),
  )
})

/** One life of an account: its process, login, settling, and cycles until something ends it. */
export const accountLife = Effect.fn("accountLife")(function* (account: Account, surroundings: CellSurroundings) {
  const board = yield* StatusBoard
  yield* board.move(account.id, "starting")
  yield* awaitEndOf(account, databaseAway)
  yield* awaitEndOf(account, diskFull(surroundings.config.tdlibDirectory))
  yield* requireAdopted(join(surroundings.config.tdlibDirectory, account.id))
  const runFork = Effect.runForkWith(yield* Effect.context())
  const start = startAccountCell(account, surroundings, (measurements) =>
    runFork(board.count(account.id, measurements)),
  )
  const cell = yield* startInTurn(account.id, surroundings.startPlaces, start)
  yield* Effect.acquireRelease(board.change(account.id, { processId: cell.processId }), () =>
    board.change(account.id, { processId: null }),
  )
  const sandboxCode = surroundings.config.sandboxCodes === "given" ? surroundings.sandbox?.loginCode : undefined
  const work = Effect.gen(function* () {
    yield* board.move(account.id, "authorising")
    yield* logAccountIn(cell, account, sandboxCode).pipe(Effect.mapError(toError))
    yield* board.move(account.id, "settling")
    const { isPremium } = yield* cell.account.Settle()
    yield* board.change(account.id, { isPremium })
    yield* admitAccount(account.id)
    // Before the first cycle, which may find that the operator must act: perhaps this is how.
    yield* answerEarlierRequests(cell, account.id)
    const asked = { cell, accountId: account.id, config: surroundings.config }
    yield* answerQuickRequests(asked)
    yield* cyclesOf(cell, account, surroundings).pipe(
      Effect.raceFirst(cell.account.AwaitSessionEnd()),
      Effect.raceFirst(answerRequests(cell, account.id)),
      Effect.raceFirst(answerAppRequests(asked)),
    )
  }).pipe(
    Effect.tapError((error) => noteLoginProblem(account.id, error)),
    Effect.catchIf(isWaitForTelegram, (error) =>
      Effect.raceFirst(sitOut(account, error), Deferred.await(surroundings.stopping)),
    ),
  )
  const { restartOf } = yield* Orders
  yield* work.pipe(Effect.raceFirst(cell.ended), Effect.raceFirst(restartOf(account.id)))
}, Effect.scoped)
