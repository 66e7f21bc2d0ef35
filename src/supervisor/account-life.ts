import { join } from "node:path"
import { Clock, Deferred, Duration, Effect, FiberHandle, Option, Redacted, Schedule, Schema, Stream } from "effect"
import { type AccountPolicy, policyOf } from "../../db/account-states.ts"
import type { Account } from "../../db/accounts.ts"
import { AccountError, type LoginState } from "../channel/account-rpcs.ts"
import type { CellConfig } from "../channel/warden-messages.ts"
import type { Config } from "../config.ts"
import { missingRoom } from "../disk-room.ts"
import type { LogWriter } from "../log.ts"
import { logEvent } from "../log-line.ts"
import type { AccountState } from "./account-state.ts"
import { type Cell, startCell } from "./cell.ts"
import { answerLogin } from "./login-codes.ts"
import { Orders, RestartOrdered } from "./orders.ts"
import { type EndKind, type Restart, type RestartPolicy, superviseLives } from "./restart-policy.ts"
import type { SandboxConnection } from "./sandbox-connection.ts"
import { StatusBoard } from "./status-board.ts"
import { Wake } from "./wake.ts"

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

/** Thrown when: a cell has become larger than its soft limit, and has ended its cycle. */
export class CellRecycled extends Schema.TaggedError<CellRecycled>()("CellRecycled", {}) {
  override get message(): string {
    return "its process had grown beyond STASH_CELL_SOFT_MB and is begun anew"
  }
}

const BACKOFF = { base: Duration.millis(500), cap: Duration.minutes(1) } as const

/** How this account's failed lives are followed by the next: as the operator said of it, or of all. */
const restartPolicyOf = Effect.fn("restartPolicyOf")(function* (accountId: string, { restart }: Config) {
  const own = yield* policyOf(accountId).pipe(
    Effect.catch((error) =>
      Effect.as(
        logEvent.warn("policy.unread", "The account's own policy could not be read", { error: error.message }),
        Option.none<AccountPolicy>(),
      ),
    ),
  )
  const { maxRestarts, restart: kind, withinSeconds } = Option.getOrElse(own, () => noPolicy)
  const policy: RestartPolicy = {
    restart: kind ?? restart.kind,
    maxRestarts: maxRestarts ?? restart.max,
    within: Duration.seconds(withinSeconds ?? restart.withinSeconds),
    ...BACKOFF,
  }
  return policy
})
const noPolicy: AccountPolicy = { restart: null, maxRestarts: null, withinSeconds: null }

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

/** How long to rest after a cycle, given how many in a row left something put off. */
const restAfter = (putOffInARow: number, intervalMinutes: number): Duration.Duration => {
  const soon = SOON_SECONDS[putOffInARow - 1]
  const interval = Duration.minutes(intervalMinutes)
  return soon === undefined ? interval : Duration.min(Duration.seconds(soon), interval)
}

/** Runs cycle after cycle, until the worker is to stop or the cell has grown too large. */
const cycles = Effect.fn("AccountLife.cycles")(function* (
  cell: Cell,
  account: Account,
  { config, stopping }: CellSurroundings,
) {
  const board = yield* StatusBoard
  const called = yield* (yield* Wake).listen(account.id)
  const stopped = Deferred.await(stopping)
  let putOffInARow = 0
  while (!(yield* Deferred.isDone(stopping))) {
    yield* board.move(account.id, "ingesting")
    const draining = stopped.pipe(
      Effect.andThen(board.move(account.id, "draining", "the worker is stopping")),
      Effect.andThen(cell.account.Drain()),
      Effect.ignore,
      Effect.andThen(Effect.never),
    )
    yield* Effect.raceFirst(
      Stream.runForEach(cell.account.RunCycle(), (event) => board.note(account.id, event)),
      draining,
    )
    if (yield* Deferred.isDone(stopping)) return
    const status = yield* board.of(account.id)
    const deferred = status?.counts.deferred ?? 0
    putOffInARow = deferred > 0 ? putOffInARow + 1 : 0
    const rest = restAfter(putOffInARow, config.intervalMinutes)
    const until = new Date((yield* Clock.currentTimeMillis) + Duration.toMillis(rest)).toISOString()
    yield* board.change(account.id, { cyclesDone: (status?.cyclesDone ?? 0) + 1 })
    yield* board.move(account.id, "idle", `next cycle at ${until}${deferred > 0 ? `; ${deferred} sets put off` : ""}`)
    if (cell.isHeavy()) return yield* new CellRecycled()
    yield* Effect.sleep(rest).pipe(Effect.raceFirst(called), Effect.raceFirst(stopped))
  }
})

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
const life = Effect.fn("AccountLife.life")(function* (account: Account, surroundings: CellSurroundings) {
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
    yield* cycles(cell, account, surroundings)
  })
  const { restartOf } = yield* Orders
  yield* work.pipe(Effect.raceFirst(cell.ended), Effect.raceFirst(restartOf(account.id)))
}, Effect.scoped)

/** What the end of a life means for the next one. */
const kindOf = (error: { readonly message: string }): EndKind => {
  if (error instanceof RestartOrdered || error instanceof CellRecycled) return "asked"
  return error instanceof AccountError && error.who === "operator" ? "hopeless" : "failed"
}

/** Where nothing is under way that should come to its end before the worker stops. */
const restful: ReadonlySet<AccountState> = new Set(["starting", "authorising", "idle", "backing_off", "parked"])

/** Interrupts an account, once the worker is to stop, as soon as that costs nothing. */
const leaveAtRest = Effect.fn("leaveAtRest")(function* (accountId: string, stopping: Deferred.Deferred<void>) {
  const board = yield* StatusBoard
  yield* Deferred.await(stopping)
  while (!restful.has((yield* board.of(accountId))?.state ?? "idle")) yield* Effect.sleep("50 millis")
  return yield* Effect.interrupt
})

/** A parked account stays so, with its reason, for whoever looks after the worker has ended. */
const stopUnlessParked = Effect.fn("stopUnlessParked")(function* (accountId: string) {
  const board = yield* StatusBoard
  if ((yield* board.of(accountId))?.state !== "parked") yield* board.move(accountId, "stopped")
})

/** Thrown when: an account's policy wants no other life. */
class LivesEnded extends Schema.TaggedError<LivesEnded>()("LivesEnded", {}) {
  override get message(): string {
    return "its life has ended, and its restart policy wants no other one"
  }
}

/**
 * Keeps one account alive: restarts its cell by policy, and parks it, visibly, when the policy gives up or the operator
 * must act. A parked account is tried again after a while, or when it is called. Never fails, and ends only when the worker
 * stops (P5).
 */
export const superviseAccount = Effect.fn("superviseAccount")(function* (
  account: Account,
  surroundings: CellSurroundings,
) {
  const board = yield* StatusBoard
  yield* board.enter(account)
  const { config, onParked, stopping } = surroundings
  const called = yield* (yield* Wake).listen(account.id)
  // A life that ended because the worker stops is followed by none.
  const lastLife = Effect.flatMap(Deferred.isDone(stopping), (isStopping) =>
    isStopping ? Effect.interrupt : Effect.void,
  )
  const onRestart = (restart: Restart) =>
    Effect.gen(function* () {
      const seconds = Math.round(Duration.toMillis(restart.delay) / 100) / 10
      yield* logEvent.warn("account.restart", `Restarting the account in ${seconds} s`, {
        account: account.id,
        reason: restart.reason,
        restarts: restart.count,
      })
      yield* board.change(account.id, { restarts: restart.count })
      yield* board.move(account.id, "backing_off", restart.reason)
    })
  const lives = Effect.gen(function* () {
    const policy = yield* restartPolicyOf(account.id, config)
    yield* superviseLives(policy, Effect.andThen(life(account, surroundings), lastLife), kindOf, onRestart)
    return yield* new LivesEnded()
  })
  const park = (error: { readonly message: string }) =>
    Effect.gen(function* () {
      yield* logEvent.error("account.parked", "The account is parked", { account: account.id, reason: error.message })
      yield* board.move(account.id, "parked", error.message)
      yield* onParked(new AccountParked({ accountId: account.id, reason: error.message }))
      const coolDown = config.parkedMinutes === 0 ? Effect.never : Effect.sleep(Duration.minutes(config.parkedMinutes))
      yield* Effect.raceFirst(coolDown, called)
    })
  yield* lives.pipe(
    Effect.catch(park),
    Effect.forever,
    Effect.raceFirst(leaveAtRest(account.id, stopping)),
    Effect.onInterrupt(() => stopUnlessParked(account.id)),
  )
})
