import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { Clock, Effect, Fiber, Layer, Schedule, Schema, SubscriptionRef } from "effect"
import { destination as pinoFile } from "pino"
import { claimedSets } from "../../db/claims.ts"
import { libraryTotals } from "../../db/library-totals.ts"
import { loadConfig } from "../config.ts"
import { layerLogging, makeLogWriter } from "../log.ts"
import { type AccountStatus, StatusBoard } from "../supervisor/status-board.ts"
import { layerFoundations, runSupervisor } from "../supervisor/supervisor.ts"
import { openDemoFolder } from "./demo-folder.ts"
import { enrol } from "./enrol.ts"
import { makeResult, renderResult } from "./report.ts"
import { startSandboxProcess } from "./sandbox-process.ts"
import { readSandboxRecord } from "./sandbox-record.ts"
import { showProgress } from "./show-progress.ts"
import { verifyDestination } from "./verify.ts"
import { demoWorld } from "./world.ts"

/** Thrown when: the demo ran, and the destination does not hold what it should. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", {
  problems: Schema.Array(Schema.String),
}) {
  override get message(): string {
    return `the demo did not end as it should: ${this.problems.join("; ")}`
  }
}

export interface DemoOptions {
  /** Folder of the demo's data. */
  readonly directory: string
  /** Start over even when an earlier demo was interrupted. */
  readonly fresh: boolean
  /** Leave the system running until Ctrl-C. */
  readonly keep: boolean
  /** Where to write the result as JSON. */
  readonly jsonFile: string | undefined
}

const DESTINATION = "library"
const TIME_LIMIT_SECONDS = 240
/** Low, so that the 20 MiB file of the world is split. */
const MAX_PART_SIZE_MB = "8"

const worldFile = fileURLToPath(new URL("./world.json", import.meta.url))
const write = (text: string) => {
  process.stdout.write(text)
}

const isQuiet = (account: AccountStatus): boolean =>
  account.state === "idle" && account.cyclesDone > 0 && account.counts.deferred === 0

/** Waits until every account has gone through its sources and nothing is put off. */
const untilQuiet = Effect.gen(function* () {
  const board = yield* StatusBoard
  const look = Effect.map(SubscriptionRef.get(board.status), ({ accounts }) => [...accounts.values()])
  return yield* look.pipe(
    Effect.repeat({
      until: (accounts) => accounts.length === demoWorld.accounts.length && accounts.every(isQuiet),
      schedule: Schedule.spaced("100 millis"),
    }),
  )
})

/**
 * Runs the main job on embedded defaults: the sandbox's world, an embedded Postgres, two accounts. Shows it, checks the
 * destination against the sandbox's own record, and fails with {@link DemoFailed} when they differ.
 */
export const runDemo = Effect.fn("runDemo")(function* (options: DemoOptions) {
  const started = yield* Clock.currentTimeMillis
  const folder = openDemoFolder(resolve(options.directory), options.fresh)
  const logFile = join(folder.path, "demo.log")
  write(folder.isContinued ? `Continuing the interrupted demo in ${folder.path}\n` : `Demo in ${folder.path}\n`)

  const sandboxUrl = yield* startSandboxProcess({
    worldFile,
    stateDirectory: join(folder.path, "sandbox"),
    libraryDirectory: join(folder.path, "library"),
  })
  const config = yield* loadConfig({
    STASH_DATA_DIR: folder.path,
    STASH_SANDBOX: sandboxUrl,
    MAX_PART_SIZE_MB,
    LOG_LEVEL: "debug",
  })
  const logs = makeLogWriter({ level: config.logLevel, stream: pinoFile({ dest: logFile, sync: true }) })
  write(`Local Telegram at ${sandboxUrl}, log in ${logFile}\n\n`)

  yield* Effect.gen(function* () {
    yield* enrol(demoWorld, yield* readSandboxRecord(sandboxUrl), DESTINATION)
    const supervisor = yield* Effect.forkScoped(runSupervisor(config, logs))
    const progress = yield* Effect.forkScoped(showProgress(write, process.stdout.isTTY))
    const quiet = yield* untilQuiet.pipe(
      Effect.raceFirst(Effect.andThen(Fiber.join(supervisor), Effect.never)),
      Effect.timeoutOption(`${TIME_LIMIT_SECONDS} seconds`),
    )
    yield* Fiber.interrupt(progress)

    const board = yield* StatusBoard
    const claims = yield* claimedSets()
    const result = makeResult({
      seconds: ((yield* Clock.currentTimeMillis) - started) / 1000,
      accounts: [...(yield* SubscriptionRef.get(board.status)).accounts.values()],
      claims,
      packages: (yield* libraryTotals()).packages,
      verification: yield* verifyDestination(sandboxUrl, yield* readSandboxRecord(sandboxUrl)),
      problems: quiet._tag === "None" ? [`not finished within ${TIME_LIMIT_SECONDS} s`] : [],
    })
    const places = [
      ["Data", folder.path],
      ["Log", logFile],
      ...(options.keep ? ([["Sandbox", sandboxUrl]] as const) : []),
    ] as const
    write(renderResult(result, claims, places))
    if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`)
    if (result.ok) folder.markDone()
    if (options.keep) {
      write("Running until Ctrl-C.\n")
      yield* Fiber.join(supervisor)
    }
    if (!result.ok) return yield* new DemoFailed({ problems: result.problems })
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(StatusBoard.layer, layerFoundations(config))),
    Effect.provide(layerLogging(logs, config.logLevel)),
  )
}, Effect.scoped)
