import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { lstat, readdir } from "node:fs/promises"
import { join, relative } from "node:path"
import { pipeline } from "node:stream/promises"
import { Schema } from "effect"

/** Of a file in a backup: below database/ or tdlib/, and nowhere else. */
const FilePath = Schema.String.check(Schema.isPattern(/^(?:database|tdlib)(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)+$/))

export const BackupFile = Schema.Struct({
  path: FilePath,
  bytes: Schema.Int,
  sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
})
export type BackupFile = typeof BackupFile.Type

/** What a backup says of itself, in manifest.json. */
export const Manifest = Schema.Struct({
  format: Schema.Literal(1),
  createdAt: Schema.String,
  version: Schema.String,
  /** Those that were done on the database. */
  migrations: Schema.Array(Schema.String),
  tables: Schema.Array(Schema.Struct({ name: Schema.String, columns: Schema.Array(Schema.String) })),
  sequences: Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String, isCalled: Schema.Boolean })),
  files: Schema.Array(BackupFile),
})
export type Manifest = typeof Manifest.Type

/** Thrown when: a backup cannot be made or taken back; the text says why and what to do. */
export class BackupError extends Schema.TaggedError<BackupError>()("BackupError", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

export const tableFile = (table: string): string => `database/${table}.copy`

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash)
  return hash.digest("hex")
}

/** All files below a folder, with their digests, by path. */
export const filesBelow = async (root: string): Promise<ReadonlyArray<BackupFile>> => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => !entry.isDirectory()).map(({ name, parentPath }) => join(parentPath, name))
  const files: Array<BackupFile> = []
  for (const path of paths.sort()) {
    const about = await lstat(path)
    // A link would lead out of the backup.
    if (!about.isFile()) throw new Error(`${relative(root, path)} is no ordinary file`)
    files.push({ path: relative(root, path), bytes: about.size, sha256: await sha256(path) })
  }
  return files
}
