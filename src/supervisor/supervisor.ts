import { join } from "node:path"
import { Context, Deferred, Effect, FiberMap, Layer, Redacted, Schema } from "effect"
import { type Account, activeAccounts } from "../../db/accounts.ts"
import { Database } from "../../db/database.ts"
import { embeddedPostgres } from "../../db/embedded.ts"
import { forgetEvents } from "../../db/events.ts"
import { migrate } from "../../db/migrate.ts"
import { failAbandonedRuns } from "../../db/runs.ts"
import { accountSchedules } from "../../db/schedules.ts"
import { SUPERVISOR_APPLICATION } from "../../db/supervisors.ts"
import { addUpTallies } from "../../db/tallies.ts"
import type { Config } from "../config.ts"
import { usableCpus } from "../cpu/cpu-limit.ts"
import { CpuPool } from "../cpu/pool.ts"
import { sevenZipEngine } from "../cpu/seven-zip-program.ts"
import type { LogWriter } from "../log.ts"
import { logEvent } from "../log-line.ts"
import { CredentialsMissing, missingCredentials } from "../telegram-credentials.ts"
import type { AccountParked, CellSurroundings } from "./account-life.ts"
import { removeFetched, requestFolder } from "./app-requests/fetched-package.ts"
import { watchAppRequests } from "./app-requests/watch.ts"
import { Bandwidth } from "./bandwidth.ts"
import { LoginAnswers } from "./login-answers.ts"
import { hearOrders, Orders } from "./orders.ts"
import { Pulse } from "./pulse.ts"
import { AppRequestBell, RequestBell } from "./request-bell.ts"
import { connectToSandbox } from "./sandbox-connection.ts"
import { makeSessionFolder } from "./session-folder.ts"
import { recordStandings } from "./standing-record.ts"
import { makeStartPlaces } from "./start-in-turn.ts"
import { StatusBoard } from "./status-board.ts"
import { superviseAccount } from "./supervise-account.ts"
import { Timetable } from "./timetable.ts"
import { Wake } from "./wake.ts"

/** Thrown when: the embedded database server ended though nobody stopped it. */
export class DatabaseServerDied extends Schema.TaggedError<DatabaseServerDied>()("DatabaseServerDied", {
  how: Schema.String,
}) {
  override get message(): string {
    return this.how
  }
}

/** The database server: cells open their own sessions on it. `died` completes when an embedded one ends by itself. */
export class DatabaseServer extends Context.Service<
  DatabaseServer,
  { readonly url: Redacted.Redacted<string>; readonly died: Effect.Effect<string> }
>()("src/supervisor/DatabaseServer") {}

/** Thrown when: the database of DATABASE_URL cannot be used. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  reason: Schema.String,
}) {
  override get message(): string {
    return `the database cannot be used (${this.reason}): check DATABASE_URL, or leave it out for an embedded server`
  }
}

/** Accounts that were added or switched off by the web app are noticed after at most this long. */
const ACCOUNTS_EVERY = "15 seconds"

/** The database to use: the operator's, or an embedded server that lives as long as the scope. */
const provideServer = Effect.fn("provideServer")(function* (config: Config) {
  if (config.databaseUrl !== undefined) return DatabaseServer.of({ url: config.databaseUrl, died: Effect.never })
  const { died, url } = yield* embeddedPostgres({ directory: join(config.dataDirectory, "postgres") })
  return DatabaseServer.of({ url: Redacted.make(url), died })
})

/**
 * Everything below the accounts: database with its migrations done, CPU pool. Closed with the scope, last.
 * Fails when the worker cannot begin: `CredentialsMissing`, `DatabaseUnusable`, `EmbeddedPostgresError`.
 */
export const layerFoundations = (config: Config) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const missing = missingCredentials(config)
      if (missing.length > 0) return yield* new CredentialsMissing({ missing })
      const server = yield* provideServer(config)
      const url = Redacted.value(server.url)
      yield* migrate(url).pipe(Effect.mapError((error) => new DatabaseUnusable({ reason: error.message })))
      return Layer.mergeAll(
        Layer.succeed(DatabaseServer, server),
        Database.layer({ url, max: 5, applicationName: SUPERVISOR_APPLICATION }),
        Pulse.layer,
        Wake.layer,
        Orders.layer,
        Bandwidth.layer(config.maxSpeed).pipe(
          Layer.provideMerge(Timetable.layer({ quietHours: config.quietHours, zone: config.timeZone })),
        ),
        LoginAnswers.layer,
        RequestBell.layer,
        AppRequestBell.layer,
        CpuPool.layer({ threads: config.cpuThreads ?? usableCpus(), limits: config.cpuLimits }),
      )
    }),
  )

/** Says so when archives will be listed more slowly than they could be, or not at all. */
const noteSevenZip = Effect.try({ try: sevenZipEngine, catch: (cause) => cause }).pipe(
  Effect.flatMap((engine) =>
    engine === "program"
      ? Effect.void
      : logEvent.warn("seven_zip.wasm", "7-Zip cannot be started here; its WebAssembly is used, which is slower"),
  ),
  Effect.catch((cause) => logEvent.error("seven_zip.unusable", "Archives cannot be listed", { error: String(cause) })),
)

/** Ends an account that is not to run any more; why it was parked, if it was, concerns nobody now. */
const retire = Effect.fn("retire")(function* (running: FiberMap.FiberMap<string>, accountId: string) {
  const board = yield* StatusBoard
  yield* FiberMap.remove(running, accountId)
  // A cell may take half a minute to close.
  yield* (yield* Pulse).beat("accounts")
  if ((yield* board.of(accountId))?.state === "parked") yield* board.move(accountId, "stopped")
})

/** Reads the accounts' schedules, starts a fiber for every active account that has none, and ends those whose account is no longer active. */
const matchAccounts = Effect.fn("matchAccounts")(function* (
  running: FiberMap.FiberMap<string>,
  surroundings: CellSurroundings,
) {
  yield* (yield* Timetable).refresh(yield* accountSchedules())
  const active = new Map((yield* activeAccounts()).map((account: Account) => [account.id, account]))
  for (const [accountId] of running) if (!active.has(accountId)) yield* retire(running, accountId)
  for (const [accountId, account] of active)
    yield* FiberMap.run(running, accountId, superviseAccount(account, surroundings), { onlyIfMissing: true })
  yield* (yield* Pulse).accountsKnown
})

/** So long the steps of settled sets are kept for `stash why`. */
const EVENT_DAYS = 180

/** Keeps the table of events bounded, for ever. */
const forgetOldEvents = forgetEvents(EVENT_DAYS).pipe(
  Effect.catch((error) => logEvent.warn("events.kept", "Old events could not be forgotten", { error: error.message })),
  Effect.andThen(Effect.sleep("1 hour")),
  Effect.forever,
)

/** Keeps the counting of packages and sets short, for ever. */
const addUpCounts = addUpTallies().pipe(
  Effect.catch((error) => logEvent.warn("tallies.kept", "Counts could not be added up", { error: error.message })),
  Effect.andThen(Effect.sleep("10 minutes")),
  Effect.forever,
)

/** Ends the runs that nobody will ever end, for ever. */
const endAbandonedRuns = failAbandonedRuns().pipe(
  Effect.catch((error) => logEvent.warn("runs.left", "Abandoned runs could not be ended", { error: error.message })),
  Effect.andThen(Effect.sleep("10 minutes")),
  Effect.forever,
)

/** Of the time that a stop may take, what closing every TDLib, the pool and the database in order may need. */
const CLOSING_SECONDS = 8

const signals = ["SIGTERM", "SIGINT"] as const

/** Completes with the next signal: the operator does not want to wait. */
const nextSignal = Effect.callback<void>((resume) => {
  const hear = () => resume(Effect.void)
  for (const signal of signals) process.once(signal, hear)
  return Effect.sync(() => {
    for (const signal of signals) process.removeListener(signal, hear)
  })
})

/** Lets every account end what it has under way, until the time is over or a second signal comes. */
const drain = Effect.fn("drain")(function* (
  running: FiberMap.FiberMap<string>,
  stopping: Deferred.Deferred<void>,
  stopSeconds: number,
) {
  const seconds = Math.max(1, stopSeconds - CLOSING_SECONDS)
  yield* logEvent.info("supervisor.stopping", `Stopping; what is under way has ${seconds} s to end`)
  yield* (yield* Pulse).stop
  yield* Deferred.succeed(stopping, undefined)
  yield* FiberMap.awaitEmpty(running).pipe(
    Effect.raceFirst(nextSignal),
    Effect.timeoutOrElse({ duration: `${seconds} seconds`, orElse: () => Effect.void }),
    Effect.interruptible,
  )
})

/**
 * Runs all active accounts, each in a cell of its own, until interrupted. One account's failure is its own.
 * Fails with `SandboxUnreachable` when it cannot begin, with `DatabaseServerDied` when it cannot go on, and with
 * `AccountParked` if the operator wants that. Interrupted, it lets what is under way end, for as long as a stop may take.
 */
export const runSupervisor = Effect.fn("runSupervisor")(function* (config: Config, logs: LogWriter) {
  const server = yield* DatabaseServer
  const sandbox = config.sandboxUrl === undefined ? undefined : yield* connectToSandbox(config.sandboxUrl)
  yield* makeSessionFolder(config.tdlibDirectory)
  yield* recordStandings()
  const { reviewed } = yield* Orders
  const running = yield* FiberMap.make<string>()
  const stopping = yield* Deferred.make<void>()
  const parked = yield* Deferred.make<never, AccountParked>()
  const surroundings: CellSurroundings = {
    config,
    databaseUrl: server.url,
    sandbox,
    logs,
    startPlaces: yield* makeStartPlaces,
    stopping,
    onParked: (error) => (config.onParked === "exit" ? Effect.asVoid(Deferred.fail(parked, error)) : Effect.void),
  }
  const pulse = yield* Pulse
  yield* Effect.forkScoped(pulse.endless("orders", hearOrders))
  yield* removeFetched(requestFolder(config))
  yield* Effect.forkScoped(pulse.endless("appRequests", watchAppRequests(config)))
  yield* Effect.forkScoped(forgetOldEvents)
  yield* Effect.forkScoped(endAbandonedRuns)
  yield* Effect.forkScoped(addUpCounts)
  yield* logEvent.info("supervisor.started", "The worker is running", {
    sandbox: config.sandboxUrl ?? null,
    dataDirectory: config.dataDirectory,
  })
  yield* noteSevenZip
  yield* pulse.beat("accounts").pipe(
    Effect.andThen(matchAccounts(running, surroundings)),
    Effect.catch((error) =>
      logEvent.error("supervisor.accounts", "The accounts could not be read; trying again", { error: error.message }),
    ),
    Effect.andThen(Effect.raceFirst(Effect.sleep(ACCOUNTS_EVERY), reviewed)),
    Effect.forever,
    Effect.raceFirst(Effect.flatMap(server.died, (how) => new DatabaseServerDied({ how }))),
    Effect.raceFirst(Deferred.await(parked)),
    Effect.onInterrupt(() => drain(running, stopping, config.stopSeconds)),
  )
}, Effect.scoped)
