import * as Schema from "effect/Schema"
import { logLineLevels } from "../log-line.ts"
import { TelegramProxy } from "./proxy.ts"
import { TraceTarget } from "./trace-target.ts"

/** Where TDLib connects in sandbox mode: a patched library and a SOCKS5 proxy, both on loopback. */
export const SandboxEndpoint = Schema.Struct({
  host: Schema.Literal("127.0.0.1"),
  port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
  library: Schema.NonEmptyString,
})
export type SandboxEndpoint = typeof SandboxEndpoint.Type

/** Everything a cell needs to know; sent over the channel, since arguments and environments can be read by others. */
export const CellConfig = Schema.Struct({
  accountId: Schema.NonEmptyString,
  phone: Schema.NonEmptyString,
  databaseUrl: Schema.NonEmptyString,
  /** TDLib's own folder of this account. */
  tdlibDirectory: Schema.NonEmptyString,
  /** Downloads and parts of this account. */
  tempDirectory: Schema.NonEmptyString,
  apiId: Schema.Int,
  apiHash: Schema.String,
  sandbox: Schema.NullOr(SandboxEndpoint),
  /** The operator's; in the sandbox its own is used, whatever this says. */
  proxy: Schema.NullOr(TelegramProxy),
  /** Of TDLib's databases: the first is in use, the others were before it; none: they are not encrypted. Secrets. */
  databaseKeys: Schema.Array(Schema.NonEmptyString),
  /** What Telegram shows for the session among the account's devices. */
  deviceName: Schema.NonEmptyString,
  /** Whether a session that is lost is begun anew without being asked: in the sandbox, where codes bother nobody. */
  logsInByItself: Schema.Boolean,
  /** The operator's own upload limit in bytes, below what the account may send; null = none. */
  maxPartBytes: Schema.NullOr(Schema.Int),
  maxSetBytes: Schema.Int,
  multipartTimeoutHours: Schema.Int,
  /** How often every package's messages are looked for in the destination: hours; 0 = never. */
  verifyHours: Schema.Int,
  /** Whether captions carry a tag, with which the destination alone says what it holds. */
  captionTags: Schema.Boolean,
  /** Whether files that need no splitting are uploaded anew, or sent as copies of the source's. */
  publishBy: Schema.Literals(["upload", "copy"]),
  /** What is compared of a part that was sent: its size, or all of it, which is downloaded again for that. */
  verifyUploads: Schema.Literals(["size", "digest"]),
  /** Of files that are taken though they are no archives: lower case, without dots. */
  documentExtensions: Schema.Array(Schema.String),
  /** Which of a source's documents are read first. */
  scanOrder: Schema.Literals(["oldest", "newest"]),
  logLevel: Schema.Literals(logLineLevels),
  /** Null: nothing is traced. */
  traces: Schema.NullOr(TraceTarget),
  /** Resident memory of the cell's process: above the first it is begun anew soon, above the second at once. */
  memory: Schema.Struct({ softBytes: Schema.Int, hardBytes: Schema.Int }),
  /** The folder of src/fault-point.ts; null outside the crash matrix. */
  faultDirectory: Schema.NullOr(Schema.String),
})
export type CellConfig = typeof CellConfig.Type

/**
 * Raised with every change of what crosses between supervisor and cell. They differ only when the worker's files were
 * replaced while it ran: a cell that is started then refuses.
 */
export const CHANNEL_VERSION = 2

/** Supervisor to warden. */
export const SupervisorMessage = Schema.Union([
  /** `config` is a {@link CellConfig}, of this version. */
  Schema.TaggedStruct("Start", { version: Schema.Int, config: Schema.Unknown }),
  /** Stop taking work, close TDLib, end. */
  Schema.TaggedStruct("Close", {}),
])
export type SupervisorMessage = typeof SupervisorMessage.Type

/**
 * Why a cell ended, as it says itself before it dies. This report is the truth: with a live TDLib the exit status of the
 * process is luck (facts: 2 of 20 orderly closes end in SIGSEGV).
 */
export const EndReason = Schema.Union([
  Schema.TaggedStruct("Closed", {}),
  Schema.TaggedStruct("Failed", { message: Schema.String }),
  Schema.TaggedStruct("Hung", { silentMillis: Schema.Number }),
  /** The supervisor is of another version. */
  Schema.TaggedStruct("Outdated", { supervisor: Schema.Int, cell: Schema.Int }),
])
export type EndReason = typeof EndReason.Type

/** How often a warden says that its process runs. */
export const WARDEN_BEAT_SECONDS = 5

/** Warden to supervisor. */
export const WardenMessage = Schema.Union([
  /** The process runs; said every {@link WARDEN_BEAT_SECONDS}. */
  Schema.TaggedStruct("Beat", {}),
  /** The actor answers RPCs from now on. */
  Schema.TaggedStruct("Ready", {}),
  /** The process has become larger than its soft limit; told once. */
  Schema.TaggedStruct("Heavy", { residentBytes: Schema.Int }),
  Schema.TaggedStruct("Ended", { reason: EndReason }),
])
export type WardenMessage = typeof WardenMessage.Type

/** Warden to actor: close TDLib and end. */
export const ActorOrder = Schema.TaggedStruct("Close", {})
export type ActorOrder = typeof ActorOrder.Type

/** Actor to warden: its event loop turns. */
export const ActorReport = Schema.Union([
  Schema.TaggedStruct("Ready", {}),
  Schema.TaggedStruct("Beat", {}),
  Schema.TaggedStruct("Ended", { reason: EndReason }),
])
export type ActorReport = typeof ActorReport.Type
