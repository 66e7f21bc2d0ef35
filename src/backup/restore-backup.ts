import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Effect, Schema } from "effect"
import { Database } from "../../db/database.ts"
import { migrate, migrateTo, migrationNames, migrationState, ownTables } from "../../db/migrate.ts"
import { copyTablesIn, countRows } from "../../db/table-copies.ts"
import { BackupError, filesBelow, Manifest, tableFile } from "./manifest.ts"
import { requireStopped } from "./stopped.ts"
import { unpackFile } from "./tar.ts"

const decodeManifest = Schema.decodeUnknownEffect(Schema.fromJsonString(Manifest))

const failing = <A>(work: () => Promise<A>) =>
  Effect.tryPromise({ try: work, catch: (error) => new BackupError({ why: String(error) }) })

const damaged = (what: string) =>
  new BackupError({ why: `the backup is damaged, ${what}: nothing was changed; take another one` })

/** The content has to be what the manifest says, no more and no less. */
const checkContent = Effect.fn("checkContent")(function* (folder: string) {
  const text = yield* Effect.mapError(
    failing(() => readFile(join(folder, "manifest.json"), "utf8")),
    () => damaged("it has no manifest"),
  )
  const manifest = yield* Effect.mapError(decodeManifest(text), () => damaged("its manifest cannot be read"))
  const expected = new Map(manifest.files.map((file) => [file.path, file]))
  const found = (yield* failing(() => filesBelow(folder))).filter(({ path }) => path !== "manifest.json")
  const wrong = found.find(({ path, sha256 }) => expected.get(path)?.sha256 !== sha256)
  if (wrong !== undefined) return yield* damaged(`${wrong.path} is not what was written`)
  const missing = manifest.tables.find(({ name }) => !expected.has(tableFile(name)))
  if (found.length !== expected.size || missing !== undefined) return yield* damaged("files are missing")
  const unknown = manifest.migrations.filter((name) => !migrationNames.some((known) => known === name))
  if (unknown.length > 0)
    return yield* new BackupError({
      why: `the backup is of a newer version (${unknown.join(", ")}): restore it with that version`,
    })
  return manifest
})

/** Unpacks a backup into a folder of the target's own disk for as long as the scope lives, and checks all of it. */
const unpack = Effect.fn("unpack")(function* (file: string, parent: string) {
  const folder = yield* Effect.acquireRelease(
    failing(async () => {
      await mkdir(parent, { recursive: true })
      return mkdtemp(join(parent, ".stash-restore-"))
    }),
    (made) => Effect.promise(() => rm(made, { recursive: true, force: true })),
  )
  yield* unpackFile(file, folder)
  return { folder, manifest: yield* checkContent(folder) }
})

const isEmpty = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length === 0

/** Nothing that is there is ever written over. */
const requireEmpty = Effect.fn("requireEmpty")(function* (url: string | undefined, tdlibDirectory: string) {
  if (!(yield* failing(() => isEmpty(tdlibDirectory))))
    return yield* new BackupError({
      why: `${tdlibDirectory} is not empty: restore into a new STASH_DATA_DIR, or move it away first`,
    })
  if (url !== undefined && (yield* countRows(url, yield* ownTables())) > 0)
    return yield* new BackupError({
      why: "the database holds a library: restore into an empty database, or a new STASH_DATA_DIR",
    })
})

/** The folder itself may be a volume, which stays where it is, on a disk of its own. */
const takeSessions = async (from: string, tdlibDirectory: string): Promise<void> => {
  await mkdir(tdlibDirectory, { recursive: true, mode: 0o700 })
  for (const id of await readdir(from).catch(() => []))
    await rename(join(from, id), join(tdlibDirectory, id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EXDEV") throw error
      return cp(join(from, id), join(tdlibDirectory, id), { recursive: true })
    })
}

export interface RestoreTarget {
  /** The database that is there; undefined: it has to be made first. */
  readonly existingUrl: string | undefined
  readonly tdlibDirectory: string
}

/**
 * Looks whether a backup could be restored, and changes nothing. Answers with the backup's manifest.
 * Fails with `BackupError`.
 */
export const checkRestore = Effect.fn("checkRestore")(function* (
  file: string,
  { existingUrl, tdlibDirectory }: RestoreTarget,
) {
  if (existingUrl !== undefined) yield* requireStopped(existingUrl, tdlibDirectory)
  yield* requireEmpty(existingUrl, tdlibDirectory)
  return (yield* unpack(file, dirname(tdlibDirectory))).manifest
}, Effect.scoped)

/** Restores a backup into an empty database and an empty folder; the database first, all of it or nothing. */
export const restoreBackup = Effect.fn("restoreBackup")(function* (url: string, file: string, tdlibDirectory: string) {
  yield* requireStopped(url, tdlibDirectory)
  yield* requireEmpty(url, tdlibDirectory)
  const { folder, manifest } = yield* unpack(file, dirname(tdlibDirectory))
  const { done } = yield* migrationState().pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
  )
  // The tables as they were when they were copied; what has changed since is done to what is in them.
  if (done.length === 0) yield* migrateTo(url, manifest.migrations)
  yield* copyTablesIn(url, manifest, (table) => join(folder, tableFile(table)))
  yield* migrate(url)
  yield* failing(() => takeSessions(join(folder, "tdlib"), tdlibDirectory))
  return manifest
}, Effect.scoped)
