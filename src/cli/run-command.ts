import { Console, Effect, Layer, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { callAccounts } from "../../db/channels.ts"
import { Database } from "../../db/database.ts"
import { supervisorListens } from "../../db/supervisors.ts"
import { type Config, loadConfig, logFileOf } from "../config.ts"
import { type Access, consoleAccess } from "../console/access.ts"
import { layerConsole, layerWaitingConsole } from "../console/console.ts"
import { runningDatabaseUrl } from "../database-url.ts"
import { layerLogging, makeLogWriter } from "../log.ts"
import { openLogFile } from "../log-file.ts"
import { logEvent } from "../log-line.ts"
import { StatusBoard } from "../supervisor/status-board.ts"
import { layerFoundations, runSupervisor } from "../supervisor/supervisor.ts"
import { CredentialsMissing, missingCredentials } from "../telegram-credentials.ts"
import { layerTraces } from "../tracing.ts"

/**
 * Has a worker that runs on this database already go through all sources now. False: there is none, or the database
 * cannot be asked, which whoever starts a worker hears of.
 */
const callRunningWorker = Effect.fn("callRunningWorker")(function* (config: Config) {
  const url = yield* runningDatabaseUrl(config)
  if (url === undefined) return false
  const call = Effect.gen(function* () {
    if (!(yield* supervisorListens())) return false
    yield* callAccounts()
    return true
  })
  return yield* call.pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
    Effect.catchTag("DatabaseError", () => Effect.succeed(false)),
  )
})

/** Shows in the console how to get what is missing, until somebody stops the worker to start it with that. */
const awaitCredentials = (config: Config, access: Access, error: CredentialsMissing) =>
  logEvent
    .error("supervisor.waiting", `The worker cannot begin; its console shows the first steps: ${error.message}`)
    .pipe(Effect.andThen(Effect.never), Effect.provide(layerWaitingConsole(config, access, error)))

/** `stash run`: the worker itself, until SIGTERM or SIGINT. */
export const runCommand = Command.make(
  "run",
  {
    now: Flag.Boolean("now").pipe(
      Flag.withDefault(false),
      Flag.withDescription(
        "if a worker runs on this database already, have it go through all sources now, and end; otherwise start, which begins at once",
      ),
    ),
  },
  Effect.fn(function* ({ now }) {
    const config = yield* loadConfig(process.env)
    if (now && (yield* callRunningWorker(config)))
      return yield* Console.log(
        "A worker is running on this database: all its accounts go through their sources now, or when their present cycle, pause or quiet hours end.",
      )
    const file = config.logFileBytes === 0 ? {} : { file: openLogFile(logFileOf(config)) }
    const logs = makeLogWriter({ level: config.logLevel, ...file })
    const access = yield* consoleAccess(config.console)
    const missing = missingCredentials(config)
    if (missing.length > 0 && config.console.port !== undefined)
      return yield* awaitCredentials(config, access, new CredentialsMissing({ missing })).pipe(
        Effect.provide(layerLogging(logs, config.logLevel)),
      )
    yield* runSupervisor(config, logs).pipe(
      Effect.provide(
        layerConsole(config, access).pipe(Layer.provideMerge(Layer.merge(StatusBoard.layer, layerFoundations(config)))),
      ),
      Effect.provide(config.traces === undefined ? Layer.empty : layerTraces(Redacted.value(config.traces), null)),
      Effect.provide(layerLogging(logs, config.logLevel)),
    )
  }),
).pipe(
  Command.withDescription("Run the worker until SIGTERM or Ctrl-C; configured by the environment (see: stash config)"),
  Command.withExamples([
    { command: "stash run", description: "until Ctrl-C" },
    { command: "stash run --now", description: "have a worker that runs go through all sources now" },
  ]),
)
