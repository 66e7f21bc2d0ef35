import { existsSync } from "node:fs"
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Clock, Effect } from "effect"
import { Database } from "../../db/database.ts"
import { migrationState, ownTables } from "../../db/migrate.ts"
import { copyTablesOut } from "../../db/table-copies.ts"
import packageFile from "../../package.json" with { type: "json" }
import { BackupError, filesBelow, type Manifest, tableFile } from "./manifest.ts"
import { requireStopped } from "./stopped.ts"
import { packFolder } from "./tar.ts"

/** What lies in the account folders of TDLib and is no database (files, thumbnails) can be downloaded again. */
const copySessions = async (tdlibDirectory: string, target: string): Promise<void> => {
  for (const id of await readdir(tdlibDirectory).catch(() => [])) {
    const from = join(tdlibDirectory, id, "db")
    const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name)
      const copy = join(target, id, "db", path.slice(from.length + 1))
      await mkdir(dirname(copy), { recursive: true })
      await copyFile(path, copy)
    }
  }
}

const scopedFolder = (parent: string) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => mkdtemp(join(parent, ".stash-backup-")),
      catch: (error) => new BackupError({ why: `nothing can be written in ${parent}: ${String(error)}` }),
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )

const writing = <A>(work: () => Promise<A>) =>
  Effect.tryPromise({ try: work, catch: (error) => new BackupError({ why: `the backup failed: ${String(error)}` }) })

/** So that a power failure does not leave a name without its content. */
const flush = async (path: string): Promise<void> => {
  const file = await open(path, "r")
  await file.sync().finally(() => file.close())
}

/**
 * Writes the library's tables and TDLib's databases into one new file that nobody else may read. Fails with `BackupError` when
 * the file exists, or a worker runs; then nothing is left behind.
 */
export const makeBackup = Effect.fn("makeBackup")(function* (url: string, tdlibDirectory: string, file: string) {
  if (existsSync(file)) return yield* new BackupError({ why: `${file} exists already: name a new file` })
  yield* requireStopped(url, tdlibDirectory)
  const folder = yield* scopedFolder(dirname(file))
  const content = join(folder, "content")
  yield* writing(() => mkdir(join(content, "database"), { recursive: true }))
  const { done } = yield* migrationState().pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
  )
  const copies = yield* copyTablesOut(url, yield* ownTables(), (table) => join(content, tableFile(table)))
  yield* writing(() => copySessions(tdlibDirectory, join(content, "tdlib")))
  const manifest: Manifest = {
    format: 1,
    createdAt: new Date(yield* Clock.currentTimeMillis).toISOString(),
    version: packageFile.version,
    migrations: done,
    ...copies,
    files: yield* writing(() => filesBelow(content)),
  }
  yield* writing(() => writeFile(join(content, "manifest.json"), JSON.stringify(manifest, null, 2)))
  const unfinished = join(folder, "backup.tar.gz")
  yield* packFolder(content, unfinished)
  // One that has started meanwhile may have written between the copies.
  yield* requireStopped(url, tdlibDirectory)
  yield* writing(async () => {
    await chmod(unfinished, 0o600)
    await flush(unfinished)
    await rename(unfinished, file)
  })
  return manifest
}, Effect.scoped)
