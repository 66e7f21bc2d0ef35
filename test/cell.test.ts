import { mkdir, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { addAccount } from "../db/accounts.ts"
import { Database } from "../db/database.ts"
import { rows, run } from "../db/statement.ts"
import { type CellFault, cellFaultPath } from "../src/cell-fault.ts"
import type { LoginState } from "../src/channel/account-rpcs.ts"
import { CpuPool } from "../src/cpu/pool.ts"
import type { LogLine } from "../src/log-line.ts"
import { Bandwidth } from "../src/supervisor/bandwidth.ts"
import { startCell } from "../src/supervisor/cell.ts"
import { StatusBoard } from "../src/supervisor/status-board.ts"
import { Timetable } from "../src/supervisor/timetable.ts"
import { Wake } from "../src/supervisor/wake.ts"
import { cellConfigIn } from "./cell-config.ts"
import { freshDatabase } from "./fresh-database.ts"
import { childrenWith } from "./process-group.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"

const unlimited = Bandwidth.layer({ down: undefined, up: undefined }).pipe(
  Layer.provide(Timetable.layer({ quietHours: undefined, zone: DateTime.zoneMakeNamedUnsafe("UTC") })),
)

const phone = "15550001001"
const world = { accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }], channels: [] }

/** A sandbox, a database with one account, and what a cell of it is started with. */
const makeBench = Effect.gen(function* () {
  const folder = yield* scopedFolder
  const sandbox = yield* scopedSandbox({ world })
  const url = yield* Effect.promise(freshDatabase)
  const database = Database.layer({ url, max: 2, applicationName: "test" })
  const { id } = yield* Effect.provide(addAccount({ phone, displayName: "Alice" }), database)
  const { loginCode: _, ...endpoint } = sandbox.endpoint
  const config = cellConfigIn(folder, { accountId: id, phone, databaseUrl: url, sandbox: endpoint, logLevel: "debug" })
  const lines: Array<LogLine> = []
  return { sandbox, config, database, lines, logs: { write: (line: LogLine) => void lines.push(line) } }
})

type Bench = Effect.Success<typeof makeBench>

/** A bench whose cell suffers what it is told to. */
const makeFaultyBench = Effect.gen(function* () {
  const made = yield* makeBench
  const faultDirectory = made.config.tempDirectory
  yield* Effect.promise(() => mkdir(faultDirectory, { recursive: true }))
  const fault = cellFaultPath(faultDirectory, made.config.accountId)
  return {
    bench: { ...made, config: { ...made.config, faultDirectory } },
    suffer: (what: CellFault) => Effect.promise(() => writeFile(fault, JSON.stringify({ what }))),
  }
})

/** One life of the cell: starts it, logs in as far as `code` leads, and does `work` with it. */
const withCell = <A, E>(
  bench: Bench,
  code: string,
  work: (
    cell: Effect.Success<ReturnType<typeof startCell>>,
    states: ReadonlyArray<string>,
  ) => Effect.Effect<A, E, StatusBoard>,
  states: Array<string> = [],
) =>
  Effect.gen(function* () {
    const cell = yield* startCell(bench.config, bench.logs, process.env["NODE_COMPILE_CACHE"] ?? "")
    yield* cell.account.Login().pipe(
      Stream.runForEach((state: LoginState) => {
        states.push(state._tag)
        return state._tag === "WaitingCode" ? cell.account.SubmitCode({ code }) : Effect.void
      }),
      Effect.raceFirst(cell.ended),
    )
    return yield* work(cell, states)
  }).pipe(Effect.scoped, Effect.provide([CpuPool.layer({ threads: 1 }), Wake.layer, StatusBoard.layer, unlimited]))

/** The wardens that this test process has started and that are alive. */
const wardens = () => childrenWith("warden.ts")

describe("an account cell", () => {
  it.live(
    "logs in by code, stores what Telegram says of the account, and needs no code in its next life",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* withCell(bench, "12345", (_, states) =>
          Effect.sync(() => assert.deepStrictEqual(states, ["WaitingCode", "Ready"])),
        )
        const [stored] = yield* rows(
          "account",
          Schema.Struct({ authState: Schema.String, isPremium: Schema.Boolean }),
          (sql) => sql`select "authState"::text, "isPremium" from telegram_accounts`,
        ).pipe(Effect.provide(bench.database))
        assert.deepStrictEqual(stored, { authState: "AUTHENTICATED", isPremium: true })
        yield* withCell(bench, "none", (cell, states) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(states, ["Ready"])
            assert.deepStrictEqual(yield* cell.account.Settle(), {
              adopted: 0,
              cancelled: 0,
              completed: 0,
              open: 0,
              isPremium: true,
            })
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "says that the code was not accepted, and that the operator must act",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const error = yield* Effect.flip(withCell(bench, "99999", () => Effect.void))
        assert.include(error, { _tag: "AccountError", who: "operator", problem: "wrong_code" })
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "shows at once that Premium came or went",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const { accountId } = bench.config
        yield* withCell(bench, "12345", (cell) =>
          Effect.gen(function* () {
            const board = yield* StatusBoard
            yield* board.enter({ id: accountId, phone })
            yield* cell.account.Settle()
            for (const premium of [false, true]) {
              yield* board.change(accountId, { isPremium: !premium })
              yield* Effect.promise(() =>
                fetch(`${bench.sandbox.controlUrl}/accounts/${phone}`, {
                  method: "POST",
                  body: JSON.stringify({ premium }),
                }),
              )
              yield* board.of(accountId).pipe(
                Effect.repeat({
                  until: (account) => account?.isPremium === premium,
                  schedule: Schedule.spaced("20 millis"),
                }),
              )
            }
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "asks the operator for a destination when none is chosen",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const error = yield* Effect.flip(withCell(bench, "12345", (cell) => Stream.runDrain(cell.account.RunCycle())))
        assert.include(error, { _tag: "AccountError", who: "operator" })
        assert.include(error.message, "no destination channel is set")
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "waits, offline, while another cell runs the same account, and takes it over when that one has ended",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const tdlibDirectory = `${bench.config.tdlibDirectory}-2`
        const twin = { ...bench, config: { ...bench.config, tdlibDirectory, logsInByItself: true } }
        const states: Array<string> = []
        const waiting = yield* withCell(bench, "12345", () =>
          Effect.gen(function* () {
            const fiber = yield* Effect.forkDetach(withCell(twin, "12345", () => Effect.void, states))
            yield* Effect.sync(() => states.length).pipe(
              Effect.repeat({ until: (count) => count > 0, schedule: Schedule.spaced("20 millis") }),
            )
            assert.strictEqual(bench.sandbox.state().accounts[0]?.sessions, 1)
            return fiber
          }),
        )
        yield* Fiber.join(waiting)
        assert.deepStrictEqual(states, ["RunningElsewhere", "WaitingCode", "Ready"])
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "tells at rest too that it has lost its lock session",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const error = yield* withCell(bench, "12345", (cell) =>
          Effect.gen(function* () {
            const guarding = yield* Effect.forkChild(Effect.flip(cell.account.AwaitSessionEnd()))
            const application = `lock:${bench.config.accountId}`
            yield* run(
              "end lock sessions",
              (sql) =>
                sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${application}`,
            ).pipe(Effect.provide(bench.database))
            return yield* Fiber.join(guarding)
          }),
        )
        assert.include(error, { _tag: "AccountError", who: "retry" })
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "does not log in by itself when it takes over an account that has its session elsewhere",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* withCell(bench, "12345", () => Effect.void)
        const twin = { ...bench, config: { ...bench.config, tdlibDirectory: `${bench.config.tdlibDirectory}-2` } }
        const error = yield* Effect.flip(withCell(twin, "12345", () => Effect.void))
        assert.include(error, { _tag: "AccountError", who: "operator", problem: "session_lost" })
        assert.strictEqual(bench.sandbox.log.read({ method: "auth.sendCode" }).length, 1)
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "that is killed is noticed at once, and its directory can be opened again",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const ended = yield* withCell(bench, "12345", (cell) =>
          Effect.gen(function* () {
            for (const pid of wardens()) process.kill(pid, "SIGKILL")
            return yield* Effect.flip(cell.ended)
          }),
        )
        assert.include(ended, { exit: "SIGKILL", reason: "it gave no reason" })
        // The server frees the account's lock when it notices that the session is gone.
        yield* withCell(bench, "none", (_, states) => Effect.sync(() => assert.deepStrictEqual(states.at(-1), "Ready")))
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "that TDLib ends is said to have ended with what TDLib said last",
    () =>
      Effect.gen(function* () {
        const { bench, suffer } = yield* makeFaultyBench
        const ended = yield* withCell(bench, "12345", (cell) =>
          Effect.andThen(suffer("abort TDLib"), Effect.flip(cell.ended)),
        )
        assert.include(ended, { reason: "TDLib ended it: asked to abort", exit: "SIGABRT" })
        const last = bench.lines.findLast(({ fields }) => fields["event"] === "tdlib.log")
        assert.include(last, { level: "fatal", message: "asked to abort" })
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "says that it has grown beyond its soft limit, and ends beyond its hard one, with the reason",
    () =>
      Effect.gen(function* () {
        const { bench, suffer } = yield* makeFaultyBench
        const limited = (softBytes: number, hardBytes: number) => ({
          ...bench,
          config: { ...bench.config, memory: { softBytes, hardBytes } },
        })
        yield* withCell(limited(1, 2 ** 40), "12345", (cell) => Effect.andThen(suffer("leak memory"), cell.heavy))
        // It may end before it is asked anything, or in the middle of its login.
        const ended = yield* Effect.flip(withCell(limited(1, 2), "none", (cell) => cell.ended))
        assert.match(String(ended), /it took \d+ MiB of memory/)
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "closes TDLib in order and leaves no process",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* withCell(bench, "12345", () => Effect.void)
        const last = bench.lines.at(-1)
        assert.include(last?.message ?? "", '"_tag":"Closed"')
        assert.deepStrictEqual(wardens(), [])
      }).pipe(Effect.scoped),
    120_000,
  )
})
