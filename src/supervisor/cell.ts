import { type ChildProcess, fork } from "node:child_process"
import { createInterface } from "node:readline"
import { Deferred, Effect, Exit, Layer, Schema } from "effect"
import { RpcClient, type RpcClientError } from "effect/rpc"
import { AccountRpcs } from "../channel/account-rpcs.ts"
import { type FramePort, makeFramePort } from "../channel/frame.ts"
import { layerRpcClient, layerRpcServer } from "../channel/rpc-protocol.ts"
import { type CellConfig, type EndReason, type SupervisorMessage, WardenMessage } from "../channel/warden-messages.ts"
import type { LogWriter } from "../log.ts"
import { LogLine } from "../log-line.ts"
import { untilSilent } from "./cell-pulse.ts"
import { layerCellRequests } from "./cell-requests.ts"
import { lineOfStandardError } from "./cell-stderr.ts"

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
  /** Whether the process has become larger than its soft limit. */
  readonly isHeavy: () => boolean
  /** Fails when the process is gone, and never succeeds. */
  readonly ended: Effect.Effect<never, CellEnded>
}

/** Longer than the warden's own limit for an orderly close. */
const CLOSE_LIMIT = "30 seconds"
const READY_LIMIT = "90 seconds"
/** How long what a process has written may still be on its way when it is gone. */
const LAST_WORDS = "1 second"

/**
 * A cell is small and there are many of them: V8's own bounds are made for one large program. Without these an idle cell
 * takes more than twice the memory (npm run bench -- --only cells).
 */
const CELL_NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"]

const wardenFile = new URL("../../accounts/warden.ts", import.meta.url)

const describe = (reason: EndReason | undefined): string => {
  if (reason === undefined) return "it gave no reason"
  if (reason._tag === "Failed") return reason.message
  if (reason._tag === "Hung") return `its event loop stood still for ${Math.round(reason.silentMillis / 1000)} s`
  return "closed"
}

const portOf = (child: ChildProcess, logs: LogWriter, accountId: string): FramePort =>
  makeFramePort(
    (frame) => {
      if (child.connected) child.send(frame as object, () => {})
    },
    (listener) => child.on("message", listener),
    () =>
      logs.write({
        level: "error",
        time: Date.now(),
        message: "A cell sent something that is no frame",
        fields: { event: "cell.malformed", account: accountId },
      }),
  )

/**
 * TDLib writes its own log to standard error; each line becomes one of ours. What was fatal goes to `onFatal` too.
 * Resolves when all of it has been read, which may be after the process is gone.
 */
const forwardStandardError = (
  child: ChildProcess,
  logs: LogWriter,
  accountId: string,
  onFatal: (message: string) => void,
): Promise<void> =>
  new Promise((resolve) => {
    if (child.stderr === null) return resolve()
    const lines = createInterface({ input: child.stderr })
    lines.once("close", resolve)
    lines.on("line", (text) => {
      const line = lineOfStandardError(text)
      if (line.level === "fatal") onFatal(line.message)
      logs.write({ ...line, time: Date.now(), fields: { ...line.fields, account: accountId } })
    })
  })

const forwardLogs = (port: FramePort, logs: LogWriter): (() => void) =>
  port.listen("log", (body) => {
    const line = Schema.decodeUnknownExit(LogLine)(body)
    if (Exit.isSuccess(line)) logs.write(line.value)
  })

/**
 * Starts the process of one account cell and ends it with the scope: an orderly close first, SIGKILL after 30 s.
 * The process closes itself when this one dies. `compileCache`: a folder that keeps its compiled modules for the next
 * cell, which halves what a start costs.
 */
export const startCell = Effect.fn("startCell")(function* (config: CellConfig, logs: LogWriter, compileCache: string) {
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

  child.on("error", (error) =>
    Deferred.doneUnsafe(ended, Exit.fail(new CellEnded({ reason: `could not start: ${error.message}`, exit: "none" }))),
  )
  port.listen("warden", (body) => {
    const message = Schema.decodeUnknownExit(WardenMessage)(body)
    if (Exit.isFailure(message)) return
    if (message.value._tag === "Beat") beats++
    if (message.value._tag === "Ready") Deferred.doneUnsafe(ready, Exit.void)
    if (message.value._tag === "Heavy") isHeavy = true
    if (message.value._tag === "Ended") reason = message.value.reason
  })
  logs.write({
    level: "info",
    time: Date.now(),
    message: "A process was started for the account",
    fields: { event: "cell.started", account: config.accountId, pid: child.pid ?? null },
  })
  forwardLogs(port, logs)
  // TDLib ends the process itself after a fatal line: nobody is left to give a reason.
  const allRead = forwardStandardError(child, logs, config.accountId, (message) => {
    reason ??= { _tag: "Failed", message: `TDLib aborted: ${message}` }
  })
  child.on("exit", (code, signal) => {
    const exit = signal ?? `code ${code ?? "unknown"}`
    const end = Effect.suspend(() => Deferred.fail(ended, new CellEnded({ reason: describe(reason), exit })))
    const hasSaid =
      reason !== undefined
        ? Effect.void
        : Effect.timeoutOption(
            Effect.promise(() => allRead),
            LAST_WORDS,
          )
    Effect.runFork(Effect.andThen(hasSaid, end))
  })

  const context = yield* Layer.build(
    Layer.merge(
      layerRpcClient(port, "commands"),
      layerCellRequests(config.accountId).pipe(Layer.provide(layerRpcServer(port, "requests"))),
    ),
  )
  const account = yield* RpcClient.make(AccountRpcs).pipe(Effect.provideContext(context))
  tellWarden({ _tag: "Start", config })
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
  return { account, ended: Deferred.await(ended), isHeavy: () => isHeavy } satisfies Cell
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
