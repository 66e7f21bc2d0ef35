/** The jobs of the CPU pool and what they answer. Paths and digests cross the threads, never file bytes. */
import * as Schema from "effect/Schema"
import { setFlags } from "../archive/set-flags.ts"

const Bytes = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Sha256 = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))

export const Family = Schema.Literals([
  "zip",
  "zip_spanned",
  "zip_split",
  "rar",
  "rar_parts",
  "rar_old",
  "rar_split",
  "seven_z",
  "seven_z_split",
  "tar",
  "tar_split",
  "plain_split",
  "document",
])

export const ArchiveType = Schema.Literals(["ZIP", "RAR", "SEVEN_Z", "DOCUMENT"])

/** One volume on disk; `name` is what it was called where it came from. */
export const Volume = Schema.Struct({ path: Schema.String, name: Schema.String })
export type Volume = typeof Volume.Type

/** Pieces into which a volume will be cut have `pieceBytes` bytes each but the last; null = it is sent as it is. */
const PieceBytes = Schema.NullOr(Schema.Int.check(Schema.isGreaterThan(0)))

/** Digest the volumes in their order, and list them on the way when they are a tar (`listTar`). */
export const DigestJob = Schema.Struct({
  volumes: Schema.Array(Schema.Struct({ path: Schema.String, pieceBytes: PieceBytes })),
  listTar: Schema.Boolean,
})
export type DigestJob = typeof DigestJob.Type

/** The same for volumes that are still being downloaded; `bytes` is what each will have in the end. */
export const GrowingDigestJob = Schema.Struct({
  volumes: Schema.Array(Schema.Struct({ bytes: Bytes, pieceBytes: PieceBytes })),
  listTar: Schema.Boolean,
})
export type GrowingDigestJob = typeof GrowingDigestJob.Type

/**
 * How far the download of one volume is: its first `readyBytes` bytes are at `path` and will not change.
 * `settled`: it has arrived, and lies where it will stay.
 */
export const Growth = Schema.Struct({
  volume: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  path: Schema.String,
  readyBytes: Bytes,
  settled: Schema.Boolean,
})
export type Growth = typeof Growth.Type

export const ArchiveEntry = Schema.Struct({
  path: Schema.String,
  fileName: Schema.String,
  extension: Schema.NullOr(Schema.String),
  compressedBytes: Schema.NullOr(Bytes),
  uncompressedBytes: Bytes,
  crc32: Schema.NullOr(Schema.String),
  directory: Schema.Boolean,
  encrypted: Schema.Boolean,
  flags: Schema.Array(Schema.Literals(["absolute_path", "parent_path", "control_characters", "guessed_name"])),
})

/** What a pass over a tar found; `damaged`: it ends within an entry, or cannot be unpacked to its end. */
export const TarListing = Schema.Struct({
  entries: Schema.Array(ArchiveEntry),
  fileCount: Schema.Int,
  encrypted: Schema.Boolean,
  truncated: Schema.Boolean,
  damaged: Schema.Boolean,
})
export type TarListing = typeof TarListing.Type

/**
 * `contentHash` is the SHA-256 of all volumes' bytes joined in order, in lower-case hex. A volume's own digest is given
 * where it costs nothing (the first one's); `pieces` are those of the pieces it will be cut into.
 */
export const DigestResult = Schema.Struct({
  contentHash: Sha256,
  bytes: Bytes,
  volumes: Schema.Array(Schema.Struct({ bytes: Bytes, sha256: Schema.NullOr(Sha256), pieces: Schema.Array(Sha256) })),
  /** Null when it was not asked for, or when the content is no tar. */
  tar: Schema.NullOr(TarListing),
})
export type DigestResult = typeof DigestResult.Type

/**
 * Write `bytes` bytes at `offset` of the file `source` to the file `target`. When their digest is known already, they
 * are digested in the same pass, and a piece that differs is an error.
 */
export const CutJob = Schema.Struct({
  source: Schema.String,
  offset: Bytes,
  bytes: Bytes,
  target: Schema.String,
  expectedSha256: Schema.NullOr(Sha256),
})
export type CutJob = typeof CutJob.Type

/** `sha256` is null when there was nothing to compare it with. */
export const CutResult = Schema.Struct({ bytes: Bytes, sha256: Schema.NullOr(Sha256) })
export type CutResult = typeof CutResult.Type

/**
 * Check a set's headers and list its files. `volumes` are in volume order, `workDirectory` is an existing directory of
 * ours for short-lived links.
 */
export const InspectJob = Schema.Struct({
  family: Family,
  archiveType: ArchiveType,
  volumes: Schema.Array(Volume),
  workDirectory: Schema.String,
})
export type InspectJob = typeof InspectJob.Type

/**
 * What is inside a set.
 * - `listed`: the entries are what the archive says.
 * - `headers_encrypted`: the names need a password; no entries.
 * - `incomplete`: volumes or bytes are missing; not listed.
 * - `damaged`: entries are those that could still be read.
 * - `renamed`: the content is another format than the name says; listed where that is possible.
 * - `not_an_archive`: a document, which is its own only entry.
 */
export const InspectResult = Schema.Struct({
  state: Schema.Literals(["listed", "headers_encrypted", "incomplete", "damaged", "renamed", "not_an_archive"]),
  /** One sentence for an operator; empty when there is nothing to say. */
  detail: Schema.String,
  /** Files and directories, as many as the operator lets be stored. */
  entries: Schema.Array(ArchiveEntry),
  /** Files seen in the archive, which is more than `entries` holds when `truncated`. */
  fileCount: Schema.Int,
  flags: Schema.Array(Schema.Literals(setFlags)),
  /** Names or contents need a password. */
  encrypted: Schema.Boolean,
  truncated: Schema.Boolean,
})
export type InspectResult = typeof InspectResult.Type

/** Write the entry `entryPath` (as listed) to the file `target`, when it is a JPEG or PNG of at most `maxBytes`. */
export const PreviewJob = Schema.Struct({
  family: Family,
  volumes: Schema.Array(Volume),
  entryPath: Schema.String,
  target: Schema.String,
  maxBytes: Schema.Int.check(Schema.isGreaterThan(0)),
})
export type PreviewJob = typeof PreviewJob.Type

/** Null when there is no such image or it cannot be read; then there is no file at `target` either. */
export const PreviewResult = Schema.NullOr(Schema.Struct({ bytes: Bytes }))
export type PreviewResult = typeof PreviewResult.Type

/** Read the entry `entryPath` (as listed) into memory, when it has at most `maxBytes` bytes. */
export interface ExtractJob {
  readonly family: typeof Family.Type
  readonly volumes: ReadonlyArray<Volume>
  readonly entryPath: string
  readonly workDirectory: string
  readonly maxBytes: number
}

/** Why an entry was not read; `ambiguous`: several entries have names that cannot be told apart. */
export type ExtractFailure = "absent" | "too_large" | "encrypted" | "damaged" | "ambiguous"

export type ExtractResult =
  | { readonly ok: true; readonly content: Uint8Array }
  | { readonly ok: false; readonly reason: ExtractFailure }

/**
 * - `unreadable`: a source file is missing, shorter than the job says, or the disk fails to read it. Download again.
 * - `source_changed`: a piece is not what was digested. Download again.
 * - `disk_full`: no room for the target. Retry later.
 * - `tool_unavailable`: 7-Zip cannot be started or is not the pinned binary. For the operator.
 * - `queue_full`: more jobs wait than the pool takes. Retry later.
 * - `thread_died`: the thread ended in the middle of the job; the pool goes on. Retry.
 * - `failed`: anything else; a bug.
 */
export const CpuJobFailure = Schema.Literals([
  "unreadable",
  "source_changed",
  "disk_full",
  "tool_unavailable",
  "queue_full",
  "thread_died",
  "failed",
])
export type CpuJobFailure = typeof CpuJobFailure.Type

/** Thrown when a job could not do its work. What is wrong with an archive is a result, not this. */
export class CpuJobError extends Schema.TaggedError<CpuJobError>()("CpuJobError", {
  job: Schema.String,
  reason: CpuJobFailure,
  message: Schema.String,
}) {}
