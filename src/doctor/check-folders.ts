import { mkdtemp, readdir, rmdir, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { bytesInWords } from "../bytes-in-words.ts"
import type { Config } from "../config.ts"
import { DiskRoom } from "../disk-room.ts"
import { openSessions } from "../open-sessions.ts"
import { advice, check, type Finding, fault } from "./finding.ts"

const GIBIBYTE = 2 ** 30
const MEBIBYTE = 2 ** 20

const foldersOf = (config: Config): ReadonlyArray<string> => [
  ...new Set([config.dataDirectory, config.tempDirectory, config.tdlibDirectory]),
]

/** The folder itself, or the nearest one above it that is there: the others are made at the first start. */
const nearest = async (folder: string): Promise<string> => {
  try {
    await stat(folder)
    return folder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(folder) === folder) throw error
    return nearest(dirname(folder))
  }
}

const tryToWrite = async (folder: string): Promise<Finding | undefined> => {
  try {
    await rmdir(await mkdtemp(join(await nearest(folder), ".stash-doctor-")))
    return undefined
  } catch (error) {
    return fault(
      `${folder} cannot be written: ${(error as Error).message}`,
      "everything the worker keeps lies there",
      `give the worker's user (uid ${process.getuid?.() ?? "?"}) the folder, or choose another: STASH_DATA_DIR, WORKER_TEMP_DIR, TDLIB_STATE_DIR`,
    )
  }
}

/** Whether the worker can keep what it has to keep. */
export const checkWritable = (config: Config) =>
  Effect.promise(async () => {
    const found = await Promise.all(foldersOf(config).map(tryToWrite))
    return check("folders", foldersOf(config).join(", "), ...found.flatMap((finding) => finding ?? []))
  })

/** Below this TDLib's databases and the embedded server are in danger. */
const LEAST_BYTES = GIBIBYTE

const roomFinding = (folder: string, free: number, config: Config): ReadonlyArray<Finding> => {
  if (free < LEAST_BYTES)
    return [
      fault(
        `${bytesInWords(free)} are free below ${folder}`,
        "downloads wait for room, and databases that cannot grow fail",
        "free some space, or move STASH_DATA_DIR to a larger disk",
      ),
    ]
  if (folder !== config.tempDirectory || free >= config.maxSetBytes) return []
  return [
    advice(
      `${bytesInWords(free)} are free below ${folder}, and WORKER_MAX_ZIP_SIZE_MB admits sets of ${bytesInWords(config.maxSetBytes)}`,
      "larger sets than there is room for wait for it",
      `have more space there, or lower WORKER_MAX_ZIP_SIZE_MB to ${Math.floor(free / MEBIBYTE)}`,
    ),
  ]
}

/** Whether there is room for what the settings admit. */
export const checkRoom = Effect.fn("checkRoom")(function* (config: Config) {
  const roomOf = yield* DiskRoom
  const rooms = yield* Effect.forEach(foldersOf(config), (folder) =>
    Effect.map(
      Effect.catch(
        Effect.tryPromise(() => roomOf(folder)),
        () => Effect.succeed(undefined),
      ),
      (free) => ({ folder, free }),
    ),
  )
  const known = rooms.flatMap(({ folder, free }) => (free === undefined ? [] : [{ folder, free }]))
  return check(
    "disk",
    known.map(({ folder, free }) => `${bytesInWords(free)} free below ${folder}`).join(", "),
    ...known.flatMap(({ folder, free }) => roomFinding(folder, free, config)),
  )
})

/** TDLib's own databases of every account: they hold its session, and what it reads. */
const sessionFiles = async (config: Config): Promise<ReadonlyArray<string>> => {
  const accounts = await readdir(config.tdlibDirectory).catch(() => [])
  return accounts.flatMap((id) => ["td.binlog", "db.sqlite"].map((name) => join(config.tdlibDirectory, id, "db", name)))
}

/** Which of its bits let others in. */
const openTo = async (path: string, bits: number): Promise<boolean> =>
  (((await stat(path).catch(() => undefined))?.mode ?? 0) & bits) !== 0

/** Whether other users can read a file: neither it nor a folder above is closed to them. */
const isReadable = async (path: string): Promise<boolean> => {
  if (!(await openTo(path, 0o044))) return false
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if (!(await openTo(folder, 0o011))) return false
  return true
}

const readableBy = (path: string, remedy: string): Finding =>
  fault(
    `${path} can be read by other users`,
    "whoever reads it has the accounts' sessions, the database, or the console",
    remedy,
  )

/** Whether others on this machine can read what lets them in. */
export const checkSecrets = (config: Config) =>
  Effect.promise(async () => {
    const { secretFiles, tdlibDirectory, tdlibKeyFile } = config
    const password = join(config.dataDirectory, "postgres", "password")
    const files = [password, ...secretFiles]
    const open = await Promise.all(files.map(isReadable))
    const sessions = await Promise.all((await sessionFiles(config)).map(isReadable))
    const isKeyGone = tdlibKeyFile !== undefined && (await stat(tdlibKeyFile).catch(() => undefined)) === undefined
    const keyGone = fault(
      `${tdlibKeyFile} of STASH_TDLIB_KEY_FILE is not there`,
      "TDLib's databases cannot be opened without their key",
      "put the file back; without it every account has to log in anew",
    )
    return check(
      "secret files",
      [...files, tdlibDirectory].join(", "),
      ...files.filter((_, index) => open[index]).map((path) => readableBy(path, `chmod 600 ${path}`)),
      ...(sessions.includes(true) ? [readableBy(tdlibDirectory, `chmod 700 ${tdlibDirectory}`)] : []),
      ...(isKeyGone ? [keyGone] : []),
    )
  })

/** Whether another worker, with another database, works on the same folder. `running`: accounts that ours run. */
export const checkOtherWorker = (config: Config, running: ReadonlySet<string>) =>
  Effect.promise(async () => {
    const open = await openSessions(config.tdlibDirectory)
    return check(
      "one worker",
      open.size === 0 ? "no account is open" : `${open.size} accounts are open`,
      ...[...open].flatMap(([id, pid]) =>
        running.has(id)
          ? []
          : [
              fault(
                `process ${pid} has the TDLib of account ${id} open, and is no worker of this database`,
                "TDLib's folder serves one process: the account cannot start here",
                `end that process (ps -fp ${pid}), or choose another STASH_DATA_DIR for one of both`,
              ),
            ],
      ),
    )
  })
