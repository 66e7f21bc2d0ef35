import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { loadConfig, logFileOf } from "../config.ts"
import { layerLogging, makeLogWriter } from "../log.ts"
import { openLogFile } from "../log-file.ts"
import { StatusBoard } from "../supervisor/status-board.ts"
import { layerFoundations, runSupervisor } from "../supervisor/supervisor.ts"

/** `stash run`: the worker itself, until SIGTERM or SIGINT. */
export const runCommand = Command.make(
  "run",
  {},
  Effect.fn(function* () {
    const config = yield* loadConfig(process.env)
    const file = config.logFileBytes === 0 ? {} : { file: openLogFile(logFileOf(config)) }
    const logs = makeLogWriter({ level: config.logLevel, ...file })
    yield* runSupervisor(config, logs).pipe(
      Effect.provide(Layer.merge(StatusBoard.layer, layerFoundations(config))),
      Effect.provide(layerLogging(logs, config.logLevel)),
    )
  }),
).pipe(
  Command.withDescription("Run the worker until SIGTERM or Ctrl-C; configured by the environment (see: stash config)"),
)
