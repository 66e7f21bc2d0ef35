import { Layer, Logger, References } from "effect"
import { type DestinationStream, destination, pino } from "pino"
import { PinoPretty } from "pino-pretty"
import type { Config } from "./config.ts"
import { type LogLine, lineLogger, maskPhone } from "./log-line.ts"

/** Fields that never leave the process in clear, whoever logs them by mistake (promise P8). */
const secretFields = ["phone", "code", "password", "apiHash", "telegramApiHash", "databaseUrl", "authCode"]

export interface LogWriter {
  readonly write: (line: LogLine) => void
}

export interface LogWriterOptions {
  readonly level: Config["logLevel"]
  /** Where JSON lines go; default: standard output, pretty when it is a terminal. */
  readonly stream?: DestinationStream
  /** Where they are kept as well. */
  readonly file?: DestinationStream
}

/** Every line goes to both. */
const both = (first: DestinationStream, second: DestinationStream): DestinationStream => ({
  write: (line) => {
    first.write(line)
    second.write(line)
  },
})

/**
 * The one writer of log lines of this process (pino). Cells send their lines here, because several threads that write
 * one pipe break lines longer than 4 KiB.
 */
export const makeLogWriter = ({ file, level, stream }: LogWriterOptions): LogWriter => {
  const target =
    stream ?? (process.stdout.isTTY ? PinoPretty({ colorize: true, sync: true }) : destination({ dest: 1, sync: true }))
  const logger = pino(
    {
      level,
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`]),
        censor: (value, path) => (path.at(-1) === "phone" ? maskPhone(String(value)) : "***"),
      },
    },
    file === undefined ? target : both(target, file),
  )
  return {
    write: ({ fields, level: lineLevel, message, time }) => logger[lineLevel]({ time, ...fields }, message),
  }
}

const effectLevels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  fatal: "Fatal",
} as const

/** Sends all Effect log calls to `writer`, and nowhere else. */
export const layerLogging = (writer: LogWriter, level: Config["logLevel"]) =>
  Layer.merge(Logger.layer([lineLogger(writer.write)]), Layer.succeed(References.MinimumLogLevel, effectLevels[level]))
