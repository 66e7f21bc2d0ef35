import { type ChildProcess, fork } from "node:child_process"
import { createInterface } from "node:readline"
import { Deferred, Effect, Exit, Layer, Schema } from "effect"
import { RpcClient, type RpcClientError } from "effect/rpc"
import { AccountRpcs } from "../channel/account-rpcs.ts"
import { type FramePort, makeFramePort } from "../channel/frame.ts"
import { malformedLine } from "../channel/malformed-line.ts"
import { type Measurement, Measurements } from "../channel/measurements.ts"
import { layerRpcClient, layerRpcServer } from "../channel/rpc-protocol.ts"
import {
  type CellConfig,
  CHANNEL_VERSION,
  type EndReason,
  type SupervisorMessage,
  WardenMessage,
} from "../channel/warden-messages.ts"
import type { LogWriter } from "../log.ts"
import { LogLine } from "../log-line.ts"
import { untilSilent } from "./cell-pulse.ts"
import { layerCellRequests } from "./cell-requests.ts"
import { CellStandardError } from "./cell-stderr.ts"

/** Thrown when: the process of an account cell is gone. `reason` is what it said itself; the signal is often luck. */
export class CellEnded extends Schema.TaggedError<CellEnded>()("CellEnded", {
  reason: Schema.String,
  exit: Schema.String,
}) {
  override get message(): string {
    return `the account cell ended: ${this.reason} (${this.exit})`
  }
}

export interface Cell {
  readonly account: RpcClient.FromGroup<typeof AccountRpcs, RpcClientError.RpcClientError>
  readonly processId: number | null
  /** Whether the process has become larger than its soft limit. */
  readonly isHeavy: () => boolean
  /** Fails when the process is gone, and never succeeds. */
  readonly ended: Effect.Effect<never, CellEnded>
}

/** Longer than the warden's own limit for an orderly close. */
const CLOSE_LIMIT = "30 seconds"
const READY_LIMIT = "90 seconds"

/**
 * A cell is small and there are many of them: V8's own bounds are made for one large program. Without these an idle cell
 * takes more than twice the memory (npm run bench -- --only cells).
 */
const CELL_NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"]

const wardenFile = new URL("../../accounts/warden.ts", import.meta.url)

/** Why a cell ended: as it said itself, or else TDLib, which ends the process where it finds itself to be wrong. */
const describe = (reason: EndReason | undefined, fatal: string | undefined): string => {
  if (reason === undefined) return fatal === undefined ? "it gave no reason" : `TDLib ended it: ${fatal}`
  if (reason._tag === "Failed") return reason.message
  if (reason._tag === "Hung") return `its event loop stood still for ${Math.round(reason.silentMillis / 1000)} s`
  if (reason._tag === "Outdated")
    return `the worker's files were replaced while it ran (its channels have version ${reason.supervisor}, the files ${reason.cell}): restart the worker`
  return "closed"
}

const portOf = (child: ChildProcess, logs: LogWriter, accountId: string): FramePort =>
  makeFramePort(
    (frame) => {
      if (child.connected) child.send(frame as object, () => {})
    },
    (listener) => child.on("message", listener),
    (error) => logs.write(ofAccount(accountId, malformedLine("its cell", error))),
  )

/** Warnings of TDLib are read in the cell, for what they say of waiting; in the log they would be noise. */
const isTdlibWarning = ({ fields, level }: LogLine): boolean => fields["event"] === "tdlib.log" && level === "warn"

/** A line of a cell that does not say whose it is. */
const ofAccount = (account: string, line: LogLine): LogLine => ({ ...line, fields: { account, ...line.fields } })

/** What the process writes to standard error becomes lines of our log. */
const followStandardError = (child: ChildProcess, logs: LogWriter, accountId: string): CellStandardError => {
  const reader = new CellStandardError(accountId)
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on("line", (line) => {
      const told = reader.read(line, Date.now())
      if (!isTdlibWarning(told)) logs.write(told)
    })
  return reader
}

/**
 * Starts the process of one account cell and ends it with the scope: an orderly close first, SIGKILL after 30 s.
 * The process closes itself when this one dies. `compileCache`: a folder that keeps its compiled modules for the next
 * cell, which halves what a start costs. `onMeasured` hears what the cell counts, to its end.
 */
export const startCell = Effect.fn("startCell")(function* (
  config: CellConfig,
  logs: LogWriter,
  compileCache: string,
  onMeasured: (measurements: ReadonlyArray<Measurement>) => void = () => undefined,
) {
  const ended = yield* Deferred.make<never, CellEnded>()
  const ready = yield* Deferred.make<void>()
  let reason: EndReason | undefined
  let isHeavy = false
  let beats = 0

  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(wardenFile, [], {
        // No environment: whatever a cell needs comes with its start message.
        env: {
          NODE_OPTIONS: "",
          TZ: process.env["TZ"] ?? "UTC",
          NODE_COMPILE_CACHE: compileCache,
        },
        execArgv: CELL_NODE_FLAGS,
        serialization: "advanced",
        stdio: ["ignore", "inherit", "pipe", "ipc"],
      }),
    ),
    (process) => closeCell(process, ended),
  )
  const port = portOf(child, logs, config.accountId)
  const tellWarden = (body: SupervisorMessage) => port.post({ stream: "warden", body })

  const standardError = followStandardError(child, logs, config.accountId)
  // Not "exit": what it wrote last may say why.
  child.on("close", (code, signal) =>
    Deferred.doneUnsafe(
      ended,
      Exit.fail(
        new CellEnded({ reason: describe(reason, standardError.fatal), exit: signal ?? `code ${code ?? "unknown"}` }),
      ),
    ),
  )
  child.on("error", (error) =>
    Deferred.doneUnsafe(ended, Exit.fail(new CellEnded({ reason: `could not start: ${error.message}`, exit: "none" }))),
  )
  port.listen("warden", WardenMessage, (message) => {
    if (message._tag === "Beat") beats++
    if (message._tag === "Ready") Deferred.doneUnsafe(ready, Exit.void)
    if (message._tag === "Heavy") isHeavy = true
    if (message._tag === "Ended") reason = message.reason
  })
  logs.write({
    level: "info",
    time: Date.now(),
    message: "A process was started for the account",
    fields: { event: "cell.started", account: config.accountId, pid: child.pid ?? null },
  })
  port.listen("measurements", Measurements, onMeasured)
  port.listen("log", LogLine, (line) => logs.write(ofAccount(config.accountId, line)))

  const context = yield* Layer.build(
    Layer.merge(
      layerRpcClient(port, "commands"),
      layerCellRequests(config.accountId).pipe(Layer.provide(layerRpcServer(port, "requests"))),
    ),
  )
  const account = yield* RpcClient.make(AccountRpcs).pipe(Effect.provideContext(context))
  tellWarden({ _tag: "Start", version: CHANNEL_VERSION, config })
  yield* Deferred.await(ready).pipe(
    Effect.timeoutOrElse({
      duration: READY_LIMIT,
      orElse: () => Effect.fail(new CellEnded({ reason: "it did not start in time", exit: "still running" })),
    }),
    Effect.raceFirst(Deferred.await(ended)),
  )
  yield* untilSilent(() => beats).pipe(
    Effect.tap((seconds) =>
      Effect.sync(() => {
        reason = { _tag: "Failed", message: `its process stood still for ${seconds} s` }
        child.kill("SIGKILL")
      }),
    ),
    Effect.forkScoped,
  )
  return { account, ended: Deferred.await(ended), isHeavy: () => isHeavy, processId: child.pid ?? null } satisfies Cell
})

const closeCell = (child: ChildProcess, ended: Deferred.Deferred<never, CellEnded>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (child.exitCode !== null || child.signalCode !== null) return Effect.void
    if (child.connected) child.send({ stream: "warden", body: { _tag: "Close" } satisfies SupervisorMessage }, () => {})
    return Deferred.await(ended).pipe(
      Effect.ignore,
      Effect.timeoutOrElse({
        duration: CLOSE_LIMIT,
        orElse: () =>
          Effect.sync(() => child.kill("SIGKILL")).pipe(
            Effect.andThen(Effect.ignore(Effect.timeout(Deferred.await(ended), "5 seconds"))),
          ),
      }),
    )
  })
