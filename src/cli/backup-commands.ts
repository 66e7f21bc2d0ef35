import { resolve } from "node:path"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { makeBackup } from "../backup/make-backup.ts"
import type { Manifest } from "../backup/manifest.ts"
import { checkRestore, restoreBackup } from "../backup/restore-backup.ts"
import { bytesInWords } from "../bytes-in-words.ts"
import { loadConfig } from "../config.ts"
import { existingDatabaseUrl, libraryDatabaseUrl } from "../database-url.ts"
import { json } from "./one-account.ts"

const file = Argument.String("file").pipe(Argument.withDescription("a .tar.gz file"))

const summary = ({ createdAt, files, tables, version }: Manifest) => ({
  createdAt,
  version,
  tables: tables.length,
  accounts: new Set(files.flatMap(({ path }) => (path.startsWith("tdlib/") ? [path.split("/")[1]] : []))).size,
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
})

const words = (what: ReturnType<typeof summary>): string =>
  `${what.tables} tables and the sessions of ${what.accounts} accounts, ${bytesInWords(what.bytes)} in ${what.files} files`

/** `stash backup`: database and sessions in one file. */
export const backupCommand = Command.make(
  "backup",
  { file, json },
  Effect.fn(function* ({ file, json }) {
    const config = yield* loadConfig(process.env)
    const path = resolve(file)
    const made = summary(yield* makeBackup(yield* libraryDatabaseUrl(config), config.tdlibDirectory, path))
    if (json) return yield* Console.log(JSON.stringify({ file: path, ...made }))
    yield* Console.log(
      `${path}: ${words(made)}. It holds the accounts' sessions: keep it as safe as them.${
        config.tdlibKeyFile === undefined ? "" : ` The key ${config.tdlibKeyFile} is not in it.`
      }`,
    )
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Write the library's tables and the accounts' sessions into one file, with checksums, while no worker runs",
  ),
  Command.withExamples([
    {
      command: "stash backup stash-2026-11-25.tar.gz",
      description: "stop the worker first, start it again afterwards",
    },
  ]),
)

/** `stash restore`: the reverse, into nothing. */
export const restoreCommand = Command.make(
  "restore",
  {
    file,
    yes: Flag.Boolean("yes").pipe(
      Flag.withDefault(false),
      Flag.withDescription("do it; without, the backup is checked, and what would be done is told"),
    ),
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDefault(false), Flag.withDescription("as without --yes")),
    json,
  },
  Effect.fn(function* ({ dryRun, file, json, yes }) {
    const config = yield* loadConfig(process.env)
    const { tdlibDirectory } = config
    const path = resolve(file)
    const isDone = yes && !dryRun
    const manifest = isDone
      ? yield* restoreBackup(yield* libraryDatabaseUrl(config), path, tdlibDirectory)
      : yield* checkRestore(path, { existingUrl: yield* existingDatabaseUrl(config), tdlibDirectory })
    const what = summary(manifest)
    if (json) return yield* Console.log(JSON.stringify({ file: path, dryRun: !isDone, ...what }))
    yield* Console.log(
      isDone
        ? `Restored ${words(what)}, of ${what.createdAt}. Next: stash doctor, then start the worker.`
        : `The backup is whole: ${words(what)}, of ${what.createdAt}. Repeat with --yes to restore it.`,
    )
    if (isDone)
      yield* Console.log("Do not run a worker on the place it was taken from any more: a session serves one process.")
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Take a backup back, into an empty database and an empty TDLIB_STATE_DIR; checks all of it first, does it with --yes",
  ),
  Command.withExamples([
    { command: "stash restore stash-2026-11-25.tar.gz", description: "is it whole, and is there room for it?" },
    { command: "STASH_DATA_DIR=./new stash restore stash-2026-11-25.tar.gz --yes", description: "restore it" },
  ]),
)
