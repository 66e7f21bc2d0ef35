import { join, resolve } from "node:path"
import { DateTime, Effect, Exit, Option, Redacted, Result, Schema, SchemaGetter } from "effect"
import { defaultDocumentExtensions } from "./archive/volume-name.ts"
import { parseProxy, proxyForms } from "./channel/proxy.ts"
import type { TraceTarget } from "./channel/trace-target.ts"
import type { CpuLimits } from "./cpu/limits.ts"
import { readSecretFiles } from "./secret-files.ts"
import { bytesPerSecond, type TotalSpeed } from "./supervisor/bandwidth.ts"
import { parseQuietHours, QUIET_HOURS_FORM, type QuietHours } from "./supervisor/quiet-hours.ts"

const MEBIBYTE = 1024 * 1024

/** A value of the environment that cannot be used. Thrown when: the operator set something wrong; the text says what. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  problems: Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String, expected: Schema.String })),
}) {
  override get message(): string {
    const lines = this.problems.map(({ name, value, expected }) => `  ${name}=${value}: expected ${expected}`)
    return `The environment has ${lines.length} bad value(s):\n${lines.join("\n")}`
  }
}

interface Setting<A> {
  readonly decode: Schema.Codec<A, string>
  /** Said in the error, after "expected". */
  readonly expected: string
  readonly about: string
  /** The text used when the variable is unset or empty; null leaves the value absent. */
  readonly fallback: string | null
  readonly secret?: true
}

const text = Schema.NonEmptyString
const wholeNumber = (from: number, to: number): Schema.Codec<number, string> =>
  Schema.String.pipe(
    Schema.check(Schema.isPattern(/^\d{1,15}$/)),
    Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum: from, maximum: to })), {
      decode: SchemaGetter.transform(Number),
      encode: SchemaGetter.transform(String),
    }),
  )
const matching = (pattern: RegExp) => Schema.String.pipe(Schema.check(Schema.isPattern(pattern)))

/** A list of file name extensions, or none. */
const extensions: Schema.Codec<ReadonlyArray<string>, string> = matching(
  /^[a-z0-9]{1,16}(?:\s*,\s*[a-z0-9]{1,16}){0,99}$/i,
).pipe(
  Schema.decodeTo(Schema.Array(Schema.String), {
    decode: SchemaGetter.transform((list: string) =>
      list.toLowerCase() === "none" ? [] : list.toLowerCase().split(/\s*,\s*/),
    ),
    encode: SchemaGetter.transform((list: ReadonlyArray<string>) => (list.length === 0 ? "none" : list.join(","))),
  }),
)

/** As the OpenTelemetry specification has them: like baggage, percent-encoded. */
const otlpHeaders: Schema.Codec<ReadonlyArray<string>, string> = matching(
  /^[\w!#$&'*+.^`|~-]+=(?:[^%,\s]|%[\dA-F]{2})*(?:,[\w!#$&'*+.^`|~-]+=(?:[^%,\s]|%[\dA-F]{2})*)*$/i,
).pipe(
  Schema.decodeTo(Schema.Array(Schema.String), {
    decode: SchemaGetter.transform((list: string) => list.split(",")),
    encode: SchemaGetter.transform((list: ReadonlyArray<string>) => list.join(",")),
  }),
)

const traceHeaders = (list: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    list.map((pair) => [pair.slice(0, pair.indexOf("=")), decodeURIComponent(pair.slice(pair.indexOf("=") + 1))]),
  )

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const

/** Every variable the worker reads: the one table behind `stash config`, the errors and the defaults. */
export const settings = {
  DATABASE_URL: {
    decode: matching(/^postgres(ql)?:\/\/\S+$/),
    expected: "a postgres:// URL",
    about: "Postgres to use; when unset an embedded server runs under STASH_DATA_DIR",
    fallback: null,
    secret: true,
  },
  DATABASE_URL_FILE: {
    decode: text,
    expected: "a file",
    about: "DATABASE_URL, in the first line of a file",
    fallback: null,
  },
  TELEGRAM_API_ID: {
    decode: wholeNumber(1, 2 ** 31 - 1),
    expected: "a whole number, from my.telegram.org",
    about: "Telegram API id (not needed with STASH_SANDBOX)",
    fallback: null,
  },
  TELEGRAM_API_HASH: {
    decode: matching(/^[0-9a-f]{32}$/i),
    expected: "32 hexadecimal digits, from my.telegram.org",
    about: "Telegram API hash (not needed with STASH_SANDBOX)",
    fallback: null,
    secret: true,
  },
  TELEGRAM_API_HASH_FILE: {
    decode: text,
    expected: "a file",
    about: "TELEGRAM_API_HASH, in the first line of a file",
    fallback: null,
  },
  WORKER_INTERVAL_MINUTES: {
    decode: wholeNumber(1, 10_080),
    expected: "minutes, 1 to 10080",
    about: "pause between two cycles of an account",
    fallback: "60",
  },
  STASH_INTERVAL_JITTER_PERCENT: {
    decode: wholeNumber(0, 100),
    expected: "per cent, 0 to 100",
    about: "a pause between two cycles is this much longer or shorter, so that accounts do not move in step",
    fallback: "10",
  },
  STASH_QUIET_HOURS: {
    decode: Schema.String.check(Schema.makeFilter((hours) => Result.isSuccess(parseQuietHours(hours)))),
    expected: QUIET_HOURS_FORM,
    about: "no cycle begins and no set is taken up in these hours; stash account schedule sets them for one account",
    fallback: null,
  },
  STASH_TIMEZONE: {
    decode: Schema.String.check(Schema.makeFilter((zone) => Option.isSome(DateTime.zoneMakeNamed(zone)))),
    expected: "a time zone as Europe/Berlin",
    about: "the clock that STASH_QUIET_HOURS means; default: that of the container (TZ)",
    fallback: null,
  },
  STASH_MAX_DOWNLOAD_MBIT: {
    decode: wholeNumber(1, 1_000_000),
    expected: "megabits a second, 1 to 1000000",
    about: "most that all accounts together download; stash account schedule limits one account",
    fallback: null,
  },
  STASH_MAX_UPLOAD_MBIT: {
    decode: wholeNumber(1, 1_000_000),
    expected: "megabits a second, 1 to 1000000",
    about: "most that all accounts together upload; stash account schedule limits one account",
    fallback: null,
  },
  WORKER_TEMP_DIR: {
    decode: text,
    expected: "a folder",
    about: "downloads and parts; default <STASH_DATA_DIR>/temp",
    fallback: "temp",
  },
  TDLIB_STATE_DIR: {
    decode: text,
    expected: "a folder",
    about: "TDLib's databases, one folder per account; default <STASH_DATA_DIR>/tdlib",
    fallback: "tdlib",
  },
  WORKER_MAX_ZIP_SIZE_MB: {
    decode: wholeNumber(1, 10_485_760),
    expected: "MiB, 1 to 10485760",
    about: "largest archive set that is taken (all volumes together)",
    fallback: "204800",
  },
  MAX_PART_SIZE_MB: {
    decode: wholeNumber(1, 3950),
    expected: "MiB, 1 to 3950",
    about: "lowers the upload limit (3950 for premium accounts, 1950 for others)",
    fallback: null,
  },
  MULTIPART_TIMEOUT_HOURS: {
    decode: wholeNumber(0, 87_600),
    expected: "hours, 0 to 87600",
    about: "after this long a set that still lacks volumes is skipped with a reason; 0 waits for ever",
    fallback: "0",
  },
  STASH_RESTART: {
    decode: Schema.Literals(["permanent", "transient", "temporary"]),
    expected: "permanent, transient or temporary",
    about: "accounts are restarted always, after a failure, or never; stash account policy sets it for one",
    fallback: "permanent",
  },
  STASH_MAX_RESTARTS: {
    decode: wholeNumber(0, 10_000),
    expected: "0 to 10000",
    about: "an account that fails more often than this within STASH_RESTARTS_WITHIN_SECONDS is parked",
    fallback: "8",
  },
  STASH_RESTARTS_WITHIN_SECONDS: {
    decode: wholeNumber(1, 604_800),
    expected: "seconds, 1 to 604800",
    about: "the time in which restarts are counted",
    fallback: "600",
  },
  STASH_PARKED_MINUTES: {
    decode: wholeNumber(0, 525_600),
    expected: "minutes, 0 to 525600",
    about: "a parked account is tried again after this long; 0: only by stash account restart",
    fallback: "60",
  },
  STASH_ON_PARKED: {
    decode: Schema.Literals(["continue", "exit"]),
    expected: "continue or exit",
    about: "when an account is parked the others go on, or the worker ends with 75 for the container to restart it",
    fallback: "continue",
  },
  STASH_STOP_SECONDS: {
    decode: wholeNumber(10, 3600),
    expected: "seconds, 10 to 3600",
    about: "how long a stop may take: what is under way may end, then everything is closed in order",
    fallback: "25",
  },
  STASH_CELL_SOFT_MB: {
    decode: wholeNumber(128, 65_536),
    expected: "MiB, 128 to 65536",
    about: "an account process larger than this is begun anew; its cycle is cut short",
    fallback: "400",
  },
  STASH_CELL_HARD_MB: {
    decode: wholeNumber(256, 131_072),
    expected: "MiB, 256 to 131072",
    about: "an account process larger than this is ended at once",
    fallback: "1000",
  },
  STASH_TDLIB_CACHE_MB: {
    decode: wholeNumber(0, 10_485_760),
    expected: "MiB, 0 to 10485760",
    about: "what TDLib may keep of files for each account, but for those of sets that are begun",
    fallback: "1024",
  },
  STASH_VERIFY_HOURS: {
    decode: wholeNumber(0, 87_600),
    expected: "hours, 0 to 87600",
    about: "how often every package's messages are looked for in the destination; 0 never looks",
    fallback: "24",
  },
  AUTO_GROUP_TIME_WINDOW_MINUTES: {
    decode: wholeNumber(0, 1440),
    expected: "minutes, 0 to 1440",
    about: "packages that one sender posts within so many minutes of each other become a group; 0: not for that alone",
    fallback: "5",
  },
  STASH_VERIFY_UPLOADS: {
    decode: Schema.Literals(["size", "digest"]),
    expected: "size or digest",
    about: "compare the size of what was sent, or download it again and compare every byte",
    fallback: "size",
  },
  STASH_PUBLISH: {
    decode: Schema.Literals(["upload", "copy"]),
    expected: "upload or copy",
    about:
      "upload every file anew, or have Telegram copy those of the source that need no splitting; needs caption tags",
    fallback: "upload",
  },
  STASH_CAPTION_TAG: {
    decode: Schema.Literals(["on", "off"]),
    expected: "on or off",
    about: "a line in every caption that says what the message holds; see README for what is lost without it",
    fallback: "on",
  },
  STASH_DOCUMENT_EXTENSIONS: {
    decode: extensions,
    expected: "extensions without dots, with commas between them, or none",
    about: "files that are no archives and are taken as they are; none takes archives alone",
    fallback: defaultDocumentExtensions.join(","),
  },
  STASH_SCAN_ORDER: {
    decode: Schema.Literals(["oldest", "newest"]),
    expected: "oldest or newest",
    about: "which of a source's messages are looked at first, where many are new",
    fallback: "oldest",
  },
  LOG_LEVEL: {
    decode: Schema.Literals(logLevels),
    expected: `one of ${logLevels.join(", ")}`,
    about: "least severe log line that is written",
    fallback: "info",
  },
  STASH_LOG_MB: {
    decode: wholeNumber(0, 10_240),
    expected: "MiB, 0 to 10240",
    about: "the log is also kept in <STASH_DATA_DIR>/logs, in five files of this size at most; 0: only printed",
    fallback: "20",
  },
  STASH_DATA_DIR: {
    decode: text,
    expected: "a folder",
    about: "everything the worker keeps on disk",
    fallback: "./data",
  },
  STASH_SANDBOX: {
    decode: matching(/^http:\/\/127\.0\.0\.1:\d{1,5}\/?$/),
    expected: "http://127.0.0.1:PORT, as `npm run sandbox` prints it",
    about: "work against a running sandbox instead of Telegram",
    fallback: null,
  },
  STASH_SANDBOX_CODES: {
    decode: Schema.Literals(["given", "asked"]),
    expected: "given or asked",
    about: "whether logins to the sandbox are given its code, or asked for it as at Telegram",
    fallback: "given",
  },
  STASH_PROXY: {
    decode: Schema.String.check(Schema.makeFilter((text) => parseProxy(text) !== undefined)),
    expected: proxyForms,
    about: "how accounts reach Telegram; stash account proxy sets it for one",
    fallback: null,
    secret: true,
  },
  STASH_PROXY_FILE: {
    decode: text,
    expected: "a file",
    about: "STASH_PROXY, in the first line of a file",
    fallback: null,
  },
  STASH_DEVICE_NAME: {
    decode: matching(/^[\p{L}\p{N}\p{P}\p{Zs}]{1,64}$/u),
    expected: "1 to 64 letters, digits and signs",
    about: "what Telegram shows for the worker's sessions in Settings, Devices",
    fallback: "Dragon's Stash worker",
  },
  STASH_TDLIB_KEY_FILE: {
    decode: text,
    expected: "a file",
    about: "the key of TDLib's databases in its first line, former keys below; unset: they are not encrypted",
    fallback: null,
  },
  STASH_CPU_THREADS: {
    decode: wholeNumber(1, 64),
    expected: "1 to 64",
    about: "threads of the CPU pool (hashing, cutting, listing); default: the CPUs the container may use",
    fallback: null,
  },
  STASH_MAX_ENTRIES: {
    decode: wholeNumber(1, 10_000_000),
    expected: "1 to 10000000",
    about: "files stored of one archive; the count is always stored",
    fallback: "100000",
  },
  STASH_LISTING_SECONDS: {
    decode: wholeNumber(1, 86_400),
    expected: "seconds, 1 to 86400",
    about: "how long listing one archive may take",
    fallback: "60",
  },
  STASH_LISTING_MEMORY_MB: {
    decode: wholeNumber(64, 65_536),
    expected: "MiB, 64 to 65536",
    about: "memory of the process that lists an archive",
    fallback: "512",
  },
  UPLOAD_DIR: {
    decode: text,
    expected: "a folder",
    about: "where the web app leaves files that people upload by hand: the volume that both share",
    fallback: "/data/uploads",
  },
  STASH_ANNOUNCE_SECONDS: {
    decode: wholeNumber(0, 86_400),
    expected: "seconds, 0 to 86400",
    about: "so long the bot is not told of a new package that has no file list, picture and creator yet",
    fallback: "300",
  },
  STASH_MAX_EXTRACT_MB: {
    decode: wholeNumber(1, 1_048_576),
    expected: "MiB, 1 to 1048576",
    about: "packages up to this size are fetched again when the web app wants a picture out of them",
    fallback: "8192",
  },
  STASH_CONSOLE_PORT: {
    decode: Schema.Union([Schema.Literal("off"), wholeNumber(0, 65_535)]),
    expected: "a port, 0 to 65535, or off",
    about: "port of the console, with metrics and health; 0: any free one, which the log names; off: none",
    fallback: "8787",
  },
  STASH_CONSOLE_HOST: {
    decode: matching(/^[A-Za-z0-9.:_-]{1,253}$/),
    expected: "an address of this machine, or its name",
    about: "where the console can be reached; beyond this machine only with a token",
    fallback: "127.0.0.1",
  },
  STASH_CONSOLE_TOKEN: {
    decode: matching(/^[\x21-\x7e]{16,512}$/),
    expected: "16 to 512 letters, digits and signs, without spaces",
    about: "whoever asks the console must show it: Authorization: Bearer TOKEN",
    fallback: null,
    secret: true,
  },
  STASH_CONSOLE_TOKEN_FILE: {
    decode: text,
    expected: "a file",
    about: "the same, in the first line of a file",
    fallback: null,
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    decode: matching(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/),
    expected: "http://HOST:PORT, or https://",
    about: "an OpenTelemetry collector: traces are sent to its /v1/traces; unset: nothing is traced",
    fallback: null,
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    decode: otlpHeaders,
    expected: "name=value, with commas between them, values as in a URL",
    about: "sent to the collector with the traces",
    fallback: null,
    secret: true,
  },
  STASH_FAULT_POINTS: {
    decode: text,
    expected: "a folder",
    about: "for the crash matrix alone: the worker kills itself where this folder's files say",
    fallback: null,
  },
} as const satisfies Record<string, Setting<string | number | ReadonlyArray<string>>>

type Settings = typeof settings
type SettingName = keyof Settings
type Absent<S> = S extends { readonly fallback: null } ? undefined : never
type Values = { readonly [N in SettingName]: Settings[N]["decode"]["Type"] | Absent<Settings[N]> }

/** How the console is served. */
export interface ConsoleConfig {
  /** 0: any free one; undefined: there is no console. */
  readonly port: number | undefined
  readonly host: string
  readonly token: Redacted.Redacted<string> | undefined
  readonly tokenFile: string | undefined
}

/** The effective configuration. Sizes in bytes, folders absolute, secrets wrapped. */
export interface Config {
  readonly databaseUrl: Redacted.Redacted<string> | undefined
  readonly telegramApiId: number | undefined
  readonly telegramApiHash: Redacted.Redacted<string> | undefined
  readonly intervalMinutes: number
  /** The share of the interval by which a pause may differ, 0 to 1. */
  readonly intervalJitter: number
  readonly quietHours: QuietHours | undefined
  readonly timeZone: DateTime.TimeZone
  /** Of all accounts together, in bytes a second. */
  readonly maxSpeed: TotalSpeed
  readonly tempDirectory: string
  readonly tdlibDirectory: string
  readonly maxSetBytes: number
  readonly maxPartBytes: number | undefined
  readonly multipartTimeoutHours: number
  readonly restart: {
    readonly kind: "permanent" | "transient" | "temporary"
    readonly max: number
    readonly withinSeconds: number
  }
  /** 0: a parked account stays parked until an operator has it restarted. */
  readonly parkedMinutes: number
  readonly onParked: "continue" | "exit"
  readonly stopSeconds: number
  readonly cellMemory: { readonly softBytes: number; readonly hardBytes: number }
  /** Of each account. */
  readonly tdlibCacheBytes: number
  readonly verifyHours: number
  readonly groupWindowMinutes: number
  readonly verifyUploads: "size" | "digest"
  readonly captionTags: boolean
  readonly publishBy: "upload" | "copy"
  /** Lower case, without dots. */
  readonly documentExtensions: ReadonlyArray<string>
  readonly scanOrder: "oldest" | "newest"
  readonly logLevel: (typeof logLevels)[number]
  /** Of one log file; 0: none is kept. */
  readonly logFileBytes: number
  readonly dataDirectory: string
  readonly sandboxUrl: string | undefined
  readonly sandboxCodes: "given" | "asked"
  readonly proxy: Redacted.Redacted<string> | undefined
  readonly deviceName: string
  readonly tdlibKeyFile: string | undefined
  /** Whichever were named to take secrets from. */
  readonly secretFiles: ReadonlyArray<string>
  readonly cpuThreads: number | undefined
  readonly cpuLimits: CpuLimits
  readonly uploadDirectory: string
  readonly announceSeconds: number
  /** Of a package that is fetched for one of its entries. */
  readonly maxExtractBytes: number
  readonly console: ConsoleConfig
  /** Undefined: nothing is traced. */
  readonly traces: Redacted.Redacted<TraceTarget> | undefined
  readonly faultDirectory: string | undefined
}

const LOG_FILES = 5

/** Where the worker keeps its log, and in how many files. */
export const logFileOf = (config: Config) => ({
  path: join(config.dataDirectory, "logs", "stash.log"),
  maxBytes: config.logFileBytes,
  files: LOG_FILES,
})

type Environment = Readonly<Record<string, string | undefined>>

const names = Object.keys(settings) as ReadonlyArray<SettingName>
/** Each names a file with a secret in it. */
const fileSettings = [
  "DATABASE_URL_FILE",
  "TELEGRAM_API_HASH_FILE",
  "STASH_PROXY_FILE",
  "STASH_TDLIB_KEY_FILE",
  "STASH_CONSOLE_TOKEN_FILE",
] as const satisfies ReadonlyArray<SettingName & `${string}_FILE`>
/** Folders whose default lies below the data folder. */
const belowDataDirectory: ReadonlySet<SettingName> = new Set(["WORKER_TEMP_DIR", "TDLIB_STATE_DIR"])
const textOf = (environment: Environment, name: SettingName): string | null => {
  const given = environment[name]?.trim()
  if (given !== undefined && given !== "") return given
  const { fallback } = settings[name]
  if (fallback === null || !belowDataDirectory.has(name)) return fallback
  return join(textOf(environment, "STASH_DATA_DIR") ?? "", fallback)
}
const isSecret = (name: SettingName): boolean => "secret" in settings[name]
const speedOf = (mbit: number | undefined) => (mbit === undefined ? undefined : bytesPerSecond(mbit))
const secret = (value: string | undefined) => (value === undefined ? undefined : Redacted.make(value))

const decodeAll = (given: Environment): Effect.Effect<Values, ConfigError> =>
  Effect.flatMap(readSecretFiles(given), ({ environment, problems: withFiles }) => {
    const problems: Array<{ name: string; value: string; expected: string }> = [...withFiles]
    const values: Record<string, unknown> = {}
    for (const name of names) {
      const value = textOf(environment, name)
      if (value === null) continue
      const decode: Schema.Codec<string | number | ReadonlyArray<string>, string> = settings[name].decode
      const decoded = Schema.decodeUnknownExit(decode)(value)
      if (Exit.isSuccess(decoded)) values[name] = decoded.value
      else problems.push({ name, value: isSecret(name) ? "***" : value, expected: settings[name].expected })
    }
    return problems.length > 0 ? new ConfigError({ problems }) : Effect.succeed(values as unknown as Values)
  })

/**
 * Reads the configuration from `environment`.
 * @returns sizes in bytes, absolute folders
 * Fails with {@link ConfigError} that lists every bad variable at once.
 */
export const loadConfig = Effect.fn("loadConfig")(function* (environment: Environment) {
  const values = yield* decodeAll(environment)
  const dataDirectory = resolve(values.STASH_DATA_DIR)
  const config: Config = {
    databaseUrl: secret(values.DATABASE_URL),
    telegramApiId: values.TELEGRAM_API_ID,
    telegramApiHash: secret(values.TELEGRAM_API_HASH),
    intervalMinutes: values.WORKER_INTERVAL_MINUTES,
    intervalJitter: values.STASH_INTERVAL_JITTER_PERCENT / 100,
    quietHours:
      values.STASH_QUIET_HOURS === undefined ? undefined : Result.getOrThrow(parseQuietHours(values.STASH_QUIET_HOURS)),
    timeZone:
      values.STASH_TIMEZONE === undefined
        ? DateTime.zoneMakeLocal()
        : DateTime.zoneMakeNamedUnsafe(values.STASH_TIMEZONE),
    maxSpeed: { down: speedOf(values.STASH_MAX_DOWNLOAD_MBIT), up: speedOf(values.STASH_MAX_UPLOAD_MBIT) },
    tempDirectory: resolve(values.WORKER_TEMP_DIR),
    tdlibDirectory: resolve(values.TDLIB_STATE_DIR),
    maxSetBytes: values.WORKER_MAX_ZIP_SIZE_MB * MEBIBYTE,
    maxPartBytes: values.MAX_PART_SIZE_MB === undefined ? undefined : values.MAX_PART_SIZE_MB * MEBIBYTE,
    multipartTimeoutHours: values.MULTIPART_TIMEOUT_HOURS,
    restart: {
      kind: values.STASH_RESTART,
      max: values.STASH_MAX_RESTARTS,
      withinSeconds: values.STASH_RESTARTS_WITHIN_SECONDS,
    },
    parkedMinutes: values.STASH_PARKED_MINUTES,
    onParked: values.STASH_ON_PARKED,
    stopSeconds: values.STASH_STOP_SECONDS,
    cellMemory: {
      softBytes: values.STASH_CELL_SOFT_MB * MEBIBYTE,
      hardBytes: values.STASH_CELL_HARD_MB * MEBIBYTE,
    },
    tdlibCacheBytes: values.STASH_TDLIB_CACHE_MB * MEBIBYTE,
    verifyHours: values.STASH_VERIFY_HOURS,
    groupWindowMinutes: values.AUTO_GROUP_TIME_WINDOW_MINUTES,
    verifyUploads: values.STASH_VERIFY_UPLOADS,
    captionTags: values.STASH_CAPTION_TAG === "on",
    publishBy: values.STASH_PUBLISH,
    documentExtensions: values.STASH_DOCUMENT_EXTENSIONS,
    scanOrder: values.STASH_SCAN_ORDER,
    logLevel: values.LOG_LEVEL,
    logFileBytes: values.STASH_LOG_MB * MEBIBYTE,
    dataDirectory,
    sandboxUrl: values.STASH_SANDBOX,
    sandboxCodes: values.STASH_SANDBOX_CODES,
    proxy: secret(values.STASH_PROXY),
    deviceName: values.STASH_DEVICE_NAME,
    tdlibKeyFile: values.STASH_TDLIB_KEY_FILE === undefined ? undefined : resolve(values.STASH_TDLIB_KEY_FILE),
    secretFiles: fileSettings.flatMap((name) => (values[name] === undefined ? [] : [resolve(values[name])])),
    cpuThreads: values.STASH_CPU_THREADS,
    cpuLimits: {
      maxEntries: values.STASH_MAX_ENTRIES,
      listingSeconds: values.STASH_LISTING_SECONDS,
      listingMemoryBytes: values.STASH_LISTING_MEMORY_MB * MEBIBYTE,
    },
    uploadDirectory: resolve(values.UPLOAD_DIR),
    announceSeconds: values.STASH_ANNOUNCE_SECONDS,
    maxExtractBytes: values.STASH_MAX_EXTRACT_MB * MEBIBYTE,
    console: {
      port: values.STASH_CONSOLE_PORT === "off" ? undefined : values.STASH_CONSOLE_PORT,
      host: values.STASH_CONSOLE_HOST,
      token: secret(values.STASH_CONSOLE_TOKEN),
      tokenFile: values.STASH_CONSOLE_TOKEN_FILE === undefined ? undefined : resolve(values.STASH_CONSOLE_TOKEN_FILE),
    },
    traces:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : Redacted.make({
            url: `${values.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, "")}/v1/traces`,
            headers: traceHeaders(values.OTEL_EXPORTER_OTLP_HEADERS ?? []),
          }),
    faultDirectory: values.STASH_FAULT_POINTS,
  }
  return config
})

/** One line of `stash config`. `source` says where the value came from. */
export interface SettingReport {
  readonly name: string
  readonly value: string | null
  readonly source: "environment" | "file" | "default"
  readonly about: string
}

const isGiven = (environment: Environment, name: string): boolean => (environment[name] ?? "").trim() !== ""

/** Where a setting's value comes from; `file`: out of the one that is named in its stead. */
const sourceOf = (environment: Environment, name: SettingName): SettingReport["source"] => {
  if (isGiven(environment, name)) return "environment"
  return isGiven(environment, `${name}_FILE`) ? "file" : "default"
}

/**
 * Every setting with its effective value, secrets masked as `***`, those in files as `set (file)`. Values are not checked
 * here, and files not read: see {@link loadConfig}.
 */
export const describeSettings = (environment: Environment): ReadonlyArray<SettingReport> =>
  names.map((name) => {
    const source = sourceOf(environment, name)
    const value = textOf(environment, name)
    const masked = value !== null && isSecret(name) ? "***" : value
    return { name, value: source === "file" ? "set (file)" : masked, source, about: settings[name].about }
  })
