import { join } from "node:path"
import { Clock, Duration, Effect, FiberHandle, Redacted, Schedule, Stream } from "effect"
import type { Account } from "../../db/accounts.ts"
import { AccountError, type LoginState } from "../channel/account-rpcs.ts"
import type { CellConfig } from "../channel/warden-messages.ts"
import type { Config } from "../config.ts"
import { missingRoom } from "../disk-room.ts"
import type { LogWriter } from "../log.ts"
import { logEvent } from "../log-line.ts"
import { type Cell, startCell } from "./cell.ts"
import { answerLogin } from "./login-codes.ts"
import { type RestartPolicy, superviseLives } from "./restart-policy.ts"
import type { SandboxConnection } from "./sandbox-connection.ts"
import { StatusBoard } from "./status-board.ts"

/** What every account cell is started with. */
export interface CellSurroundings {
  readonly config: Config
  readonly databaseUrl: Redacted.Redacted<string>
  readonly sandbox: SandboxConnection | undefined
  readonly logs: LogWriter
}

const restartPolicy: RestartPolicy = {
  restart: "permanent",
  maxRestarts: 8,
  within: Duration.minutes(10),
  base: Duration.millis(500),
  cap: Duration.minutes(1),
}

/** Sets that another account held, or that were put off, are looked at again soon; otherwise the interval holds. */
const SOON_SECONDS = [1, 2, 5, 15, 60, 300, 900] as const

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
  documentExtensions: config.documentExtensions,
  logLevel: config.logLevel,
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

/** How long to rest after a cycle, given how many in a row left something put off. */
const restAfter = (putOffInARow: number, intervalMinutes: number): Duration.Duration => {
  const soon = SOON_SECONDS[putOffInARow - 1]
  const interval = Duration.minutes(intervalMinutes)
  return soon === undefined ? interval : Duration.min(Duration.seconds(soon), interval)
}

const cycles = Effect.fn("AccountLife.cycles")(function* (cell: Cell, account: Account, intervalMinutes: number) {
  const board = yield* StatusBoard
  let putOffInARow = 0
  for (;;) {
    yield* board.move(account.id, "ingesting")
    yield* Stream.runForEach(cell.account.RunCycle(), (event) => board.note(account.id, event))
    const status = yield* board.of(account.id)
    const deferred = status?.counts.deferred ?? 0
    putOffInARow = deferred > 0 ? putOffInARow + 1 : 0
    const rest = restAfter(putOffInARow, intervalMinutes)
    const until = new Date((yield* Clock.currentTimeMillis) + Duration.toMillis(rest)).toISOString()
    yield* board.change(account.id, { cyclesDone: (status?.cyclesDone ?? 0) + 1 })
    yield* board.move(account.id, "idle", `next cycle at ${until}${deferred > 0 ? `; ${deferred} sets put off` : ""}`)
    yield* Effect.sleep(rest)
  }
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
const life = Effect.fn("AccountLife.life")(function* (account: Account, surroundings: CellSurroundings) {
  const board = yield* StatusBoard
  yield* board.move(account.id, "starting")
  yield* awaitRoom(account, surroundings.config.tdlibDirectory)
  const cell = yield* startCell(cellConfig(account, surroundings), surroundings.logs)
  const work = Effect.gen(function* () {
    yield* board.move(account.id, "authorising")
    yield* logIn(cell, account, surroundings.sandbox?.loginCode)
    yield* board.move(account.id, "settling")
    const { isPremium } = yield* cell.account.Settle()
    yield* board.change(account.id, { isPremium })
    yield* cycles(cell, account, surroundings.config.intervalMinutes)
  })
  yield* Effect.raceFirst(work, cell.ended)
}, Effect.scoped)

const needsOperator = (error: unknown): error is AccountError =>
  error instanceof AccountError && error.who === "operator"

/**
 * Keeps one account alive: restarts its cell by policy, and parks it, visibly, when the policy gives up or the operator
 * must act. A parked account is tried again after one interval. Never fails and never ends by itself (P5).
 */
export const superviseAccount = Effect.fn("superviseAccount")(function* (
  account: Account,
  surroundings: CellSurroundings,
) {
  const board = yield* StatusBoard
  yield* board.enter(account)
  const lives = superviseLives(restartPolicy, life(account, surroundings), needsOperator, (restart) =>
    Effect.gen(function* () {
      const seconds = Math.round(Duration.toMillis(restart.delay) / 100) / 10
      yield* logEvent.warn("account.restart", `Restarting the account in ${seconds} s`, {
        account: account.id,
        reason: restart.reason,
        restarts: restart.count,
      })
      yield* board.change(account.id, { restarts: restart.count })
      yield* board.move(account.id, "backing_off", restart.reason)
    }),
  )
  const rest = Duration.minutes(surroundings.config.intervalMinutes)
  const park = (error: { readonly message: string }) =>
    Effect.gen(function* () {
      yield* logEvent.error("account.parked", "The account is parked", { account: account.id, reason: error.message })
      yield* board.move(account.id, "parked", error.message)
      yield* Effect.sleep(rest)
    })
  yield* lives.pipe(
    Effect.catch(park),
    Effect.forever,
    Effect.onInterrupt(() => board.move(account.id, "stopped")),
  )
})
