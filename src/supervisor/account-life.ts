import { join } from "node:path"
import { type Deferred, Effect, FiberHandle, Redacted, Schedule, Schema, Stream } from "effect"
import type { Account } from "../../db/accounts.ts"
import type { LoginState } from "../channel/account-rpcs.ts"
import type { CellConfig } from "../channel/warden-messages.ts"
import type { Config } from "../config.ts"
import { missingRoom } from "../disk-room.ts"
import type { LogWriter } from "../log.ts"
import { logEvent } from "../log-line.ts"
import { accountCycles } from "./account-cycles.ts"
import { type Cell, startCell } from "./cell.ts"
import { answerLogin } from "./login-codes.ts"
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

const cellConfig = (account: Account, { config, databaseUrl, sandbox }: CellSurroundings): CellConfig => ({
  accountId: account.id,
  phone: account.phone,
  databaseUrl: Redacted.value(databaseUrl),
  tdlibDirectory: join(config.tdlibDirectory, account.id),
  tempDirectory: join(config.tempDirectory, account.id),
  // The sandbox takes any API id.
  apiId: config.telegramApiId ?? 1,
  apiHash: config.telegramApiHash === undefined ? "sandbox" : Redacted.value(config.telegramApiHash),
  sandbox: sandbox?.endpoint ?? null,
  maxPartBytes: config.maxPartBytes ?? null,
  maxSetBytes: config.maxSetBytes,
  multipartTimeoutHours: config.multipartTimeoutHours,
  verifyHours: config.verifyHours,
  captionTags: config.captionTags,
  verifyUploads: config.verifyUploads,
  documentExtensions: config.documentExtensions,
  logLevel: config.logLevel,
  memory: config.cellMemory,
  faultDirectory: config.faultDirectory ?? null,
})

const logIn = Effect.fn("AccountLife.logIn")(function* (cell: Cell, account: Account, sandboxCode: string | undefined) {
  const board = yield* StatusBoard
  const answering = yield* FiberHandle.make<void, unknown>()
  const follow = Effect.fn("followLogin")(function* (state: LoginState) {
    if (state._tag === "Ready") return yield* board.change(account.id, { isPremium: state.isPremium, reason: "" })
    if (state._tag === "RunningElsewhere") {
      yield* logEvent.info("account.elsewhere", "Another worker on this database runs the account; waiting for it", {
        account: account.id,
      })
      return yield* board.change(account.id, { reason: "another worker on the same database runs this account" })
    }
    const what = state._tag === "WaitingCode" ? "login code" : "two-step verification password"
    yield* board.change(account.id, { reason: `waiting for the ${what}` })
    yield* FiberHandle.run(answering, answerLogin(cell, account.id, state, sandboxCode))
  })
  yield* cell.account.Login().pipe(
    Stream.runForEach((state) => Effect.andThen(FiberHandle.clear(answering), follow(state))),
    // An answer that cannot be given at all ends the login.
    Effect.raceFirst(Effect.andThen(FiberHandle.join(answering), Effect.never)),
  )
}, Effect.scoped)

/** An answer to a login can fail with anything. */
const toError = (failure: unknown): Error => (failure instanceof Error ? failure : new Error(String(failure)))

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
  const cell = yield* startCell(cellConfig(account, surroundings), surroundings.logs)
  const work = Effect.gen(function* () {
    yield* board.move(account.id, "authorising")
    yield* logIn(cell, account, surroundings.sandbox?.loginCode).pipe(Effect.mapError(toError))
    yield* board.move(account.id, "settling")
    const { isPremium } = yield* cell.account.Settle()
    yield* board.change(account.id, { isPremium })
    yield* accountCycles(cell, account, surroundings)
  })
  const { restartOf } = yield* Orders
  yield* work.pipe(Effect.raceFirst(cell.ended), Effect.raceFirst(restartOf(account.id)))
}, Effect.scoped)
