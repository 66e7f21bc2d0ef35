import { join } from "node:path"
import { Clock, Deferred, Effect, Schedule, Schema, type Semaphore } from "effect"
import type { Account } from "../../db/accounts.ts"
import { databaseAnswers } from "../../db/supervisors.ts"
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

/** How soon a disk that has room again is noticed. */
const ROOM_EVERY = "5 seconds"

/** Waits, visibly, while the disk is so full that TDLib would end the process it runs in. */
const awaitRoom = Effect.fn("AccountLife.awaitRoom")(function* (account: Account, folder: string) {
  const board = yield* StatusBoard
  const look = missingRoom(folder, 0)
  const missing = yield* look
  if (missing === 0) return
  yield* logEvent.warn("account.no_room", "The disk is full; the account waits until there is room", {
    account: account.id,
    folder,
    missingBytes: missing,
  })
  yield* board.change(account.id, { reason: `no space left for ${folder}: ${missing} bytes more are needed` })
  yield* look.pipe(Effect.repeat({ until: (still) => still === 0, schedule: Schedule.spaced(ROOM_EVERY) }))
  yield* board.change(account.id, { reason: "" })
})

/** How soon a database that answers again is noticed. */
const DATABASE_EVERY = "1 second"

/** Waits, visibly, while the database is away: lives that fail for that would soon be more than the restart policy allows. */
const awaitDatabase = Effect.fn("AccountLife.awaitDatabase")(function* (account: Account) {
  const board = yield* StatusBoard
  const isAway = databaseAnswers().pipe(
    Effect.as(false),
    Effect.catchIf(
      ({ reason }) => reason === "unavailable" || reason === "timeout",
      () => Effect.succeed(true),
    ),
  )
  if (!(yield* isAway)) return
  yield* logEvent.warn("account.no_database", "The database is away; the account waits for it", {
    account: account.id,
  })
  yield* board.change(account.id, { reason: "the database is away" })
  yield* isAway.pipe(Effect.repeat({ until: (still) => !still, schedule: Schedule.spaced(DATABASE_EVERY) }))
  yield* board.change(account.id, { reason: "" })
})

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
  yield* awaitDatabase(account)
  yield* awaitRoom(account, surroundings.config.tdlibDirectory)
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
