import { join } from "node:path"
import { Clock, Deferred, Effect, Redacted, Schedule, Schema } from "effect"
import type { Account } from "../../db/accounts.ts"
import { AccountError } from "../channel/account-rpcs.ts"
import type { CellConfig } from "../channel/warden-messages.ts"
import type { Config } from "../config.ts"
import { missingRoom } from "../disk-room.ts"
import type { LogWriter } from "../log.ts"
import { logEvent } from "../log-line.ts"
import { accountCycles } from "./account-cycles.ts"
import { accountSecrets } from "./account-secrets.ts"
import { answerEarlierRequests, answerRequests } from "./answer-requests.ts"
import { startCell } from "./cell.ts"
import { logAccountIn, noteLoginProblem } from "./log-account-in.ts"
import { Orders } from "./orders.ts"
import type { SandboxConnection } from "./sandbox-connection.ts"
import { StatusBoard } from "./status-board.ts"

/** What every account cell is started with. */
export interface CellSurroundings {
  readonly config: Config
  readonly databaseUrl: Redacted.Redacted<string>
  readonly sandbox: SandboxConnection | undefined
  readonly logs: LogWriter
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

type Secrets = Effect.Success<ReturnType<typeof accountSecrets>>

const cellConfig = (
  account: Account,
  secrets: Secrets,
  { config, databaseUrl, sandbox }: CellSurroundings,
): CellConfig => ({
  ...secrets,
  deviceName: config.deviceName,
  accountId: account.id,
  phone: account.phone,
  databaseUrl: Redacted.value(databaseUrl),
  tdlibDirectory: join(config.tdlibDirectory, account.id),
  tempDirectory: join(config.tempDirectory, account.id),
  // The sandbox takes any API id.
  apiId: config.telegramApiId ?? 1,
  apiHash: config.telegramApiHash === undefined ? "sandbox" : Redacted.value(config.telegramApiHash),
  sandbox: sandbox?.endpoint ?? null,
  logsInByItself: sandbox !== undefined && config.sandboxCodes === "given",
  maxPartBytes: config.maxPartBytes ?? null,
  maxSetBytes: config.maxSetBytes,
  multipartTimeoutHours: config.multipartTimeoutHours,
  verifyHours: config.verifyHours,
  captionTags: config.captionTags,
  publishBy: config.publishBy,
  verifyUploads: config.verifyUploads,
  documentExtensions: config.documentExtensions,
  scanOrder: config.scanOrder,
  logLevel: config.logLevel,
  traces: config.traces === undefined ? null : Redacted.value(config.traces),
  memory: config.cellMemory,
  faultDirectory: config.faultDirectory ?? null,
})

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

/** One life of an account: its process, login, settling, and cycles until something ends it. */
export const accountLife = Effect.fn("accountLife")(function* (account: Account, surroundings: CellSurroundings) {
  const board = yield* StatusBoard
  yield* board.move(account.id, "starting")
  yield* awaitRoom(account, surroundings.config.tdlibDirectory)
  const secrets = yield* accountSecrets(account.id, surroundings.config)
  const compileCache = process.env["NODE_COMPILE_CACHE"] ?? join(surroundings.config.dataDirectory, "compiled")
  const runFork = Effect.runForkWith(yield* Effect.context())
  const cell = yield* startCell(
    cellConfig(account, secrets, surroundings),
    surroundings.logs,
    compileCache,
    (measurements) => runFork(board.count(account.id, measurements)),
  )
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
    // Before the first cycle, which may find that the operator must act: perhaps this is how.
    yield* answerEarlierRequests(cell, account.id)
    yield* accountCycles(cell, account, surroundings).pipe(
      Effect.raceFirst(cell.account.AwaitSessionEnd()),
      Effect.raceFirst(answerRequests(cell, account.id)),
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
