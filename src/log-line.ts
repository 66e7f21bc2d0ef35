import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Schema from "effect/Schema"

export const logLineLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const

/** One structured log line on its way to the one writer, which sits in the supervisor's main thread. */
export const LogLine = Schema.Struct({
  level: Schema.Literals(logLineLevels),
  /** Unix time in milliseconds. */
  time: Schema.Number,
  message: Schema.String,
  fields: Schema.Record(Schema.String, Schema.Json),
})
export type LogLine = typeof LogLine.Type

const levels: Readonly<Record<string, LogLine["level"]>> = {
  Trace: "trace",
  Debug: "debug",
  Info: "info",
  Warn: "warn",
  Error: "error",
  Fatal: "fatal",
}

const toJson = (value: unknown): Schema.Json => {
  if (value === undefined) return null
  if (value instanceof Error) return { name: value.name, message: value.message }
  return JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "null")
}

const isFields = (part: unknown): part is Record<string, unknown> =>
  typeof part === "object" && part !== null && !(part instanceof Error)

/**
 * An Effect logger that turns every log call into a {@link LogLine} and hands it to `write`. Annotations and objects
 * among the arguments become fields; a cause becomes the field `error`.
 */
export const lineLogger = (write: (line: LogLine) => void) =>
  Logger.make<unknown, void>(({ cause, date, fiber, logLevel, message }) => {
    const fields: Record<string, Schema.Json> = {}
    const words: Array<string> = []
    const add = (record: Record<string, unknown>) => {
      for (const [name, value] of Object.entries(record)) fields[name] = toJson(value)
    }
    add(fiber.getRef(References.CurrentLogAnnotations))
    for (const part of Array.isArray(message) ? message : [message]) {
      if (isFields(part)) add(part)
      else words.push(part instanceof Error ? part.message : String(part))
    }
    if (cause.reasons.length > 0) fields["error"] = Cause.pretty(cause)
    write({ level: levels[logLevel] ?? "info", time: date.getTime(), message: words.join(" "), fields })
  })

type Fields = Readonly<Record<string, unknown>>

/** Log lines are events with fields: `event` names it for machines, `message` says it in English. */
export const logEvent = {
  debug: (event: string, message: string, fields: Fields = {}) => Effect.logDebug(message, { event, ...fields }),
  info: (event: string, message: string, fields: Fields = {}) => Effect.logInfo(message, { event, ...fields }),
  warn: (event: string, message: string, fields: Fields = {}) => Effect.logWarning(message, { event, ...fields }),
  error: (event: string, message: string, fields: Fields = {}) => Effect.logError(message, { event, ...fields }),
}

/** "15550001234" becomes "155***34": enough to tell accounts apart, not enough to call. */
export const maskPhone = (phone: string): string => {
  const digits = phone.replace(/\D/g, "")
  return digits.length < 6 ? "***" : `${digits.slice(0, 3)}***${digits.slice(-2)}`
}
