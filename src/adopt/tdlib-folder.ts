import { constants } from "node:fs"
import { access, copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"

// The former worker kept TDLib's databases in an account's folder itself, this one keeps them in its subfolder "db":
//
//     <account>/td.binlog, db.sqlite ...     the former worker's      ->   <account>/db/td.binlog, db.sqlite ...
//     <account>/files                        both workers' downloads
//     <account>/former/td.binlog             what the former worker can go on with: an older TDLib aborts its process at
//                                            a log that a newer one has written ("Wrong version")
//
// The log (td.binlog) holds the session; the rest is a cache that TDLib makes again.

const LOG = "td.binlog"
const DATABASES = "db"
const KEPT = "former"
const SET_ASIDE = "db.left"

/** `none`: no session. `former`: as the former worker left it. `ours`: as this worker has it. `both`: one of each. */
export type TdlibLayout = "none" | "former" | "ours" | "both"

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Whose databases lie in an account's folder. */
export const layoutOf = async (folder: string): Promise<TdlibLayout> => {
  const [former, ours] = await Promise.all([exists(join(folder, LOG)), exists(join(folder, DATABASES, LOG))])
  if (former) return ours ? "both" : "former"
  return ours ? "ours" : "none"
}

/** Whether the former worker can go on with what was kept for it. */
export const isKept = (folder: string): Promise<boolean> => exists(join(folder, KEPT, LOG))

/**
 * Whether a process of this machine has TDLib's databases open: TDLib locks its log. Processes in other containers are
 * not seen here; and where the kernel does not tell, nothing is known.
 */
export const isOpen = async (folder: string): Promise<boolean> => {
  const locks = await readFile("/proc/locks", "utf8").catch(() => "")
  const locked = new Set([...locks.matchAll(/ [0-9a-f]+:[0-9a-f]+:(\d+) /g)].map(([, inode]) => Number(inode)))
  const logs = [join(folder, LOG), join(folder, DATABASES, LOG)]
  const inodes = await Promise.all(
    logs.map((log) =>
      stat(log).then(
        ({ ino }) => ino,
        () => 0,
      ),
    ),
  )
  return inodes.some((inode) => locked.has(inode))
}

/** What was renamed or copied is there after a power failure too. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Nobody ever sees half a copy. */
const copyWhole = async (from: string, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `${LOG}.draft`)
  await copyFile(from, draft)
  const handle = await open(draft, "r+")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, join(folder, LOG))
  await syncFolder(folder)
}

/**
 * Makes the databases that the former worker left ours: no new login. A copy of the log is kept for the former worker. The
 * log is moved last: whatever cuts this off, doing it again ends it. Nobody may have them open.
 */
export const takeOver = async (folder: string): Promise<void> => {
  const databases = join(folder, DATABASES)
  await copyWhole(join(folder, LOG), join(folder, KEPT))
  await mkdir(databases, { recursive: true, mode: 0o700 })
  const caches = (await readdir(folder)).filter((name) => /^(?:db\.sqlite|td\.binlog.)/.test(name))
  for (const name of [...caches, LOG]) await rename(join(folder, name), join(databases, name))
  await syncFolder(databases)
  await syncFolder(folder)
}

/** Gives the former worker its log back, and sets our databases aside. Nobody may have them open. */
export const giveBack = async (folder: string): Promise<void> => {
  await rm(join(folder, SET_ASIDE), { recursive: true, force: true })
  if (await exists(join(folder, DATABASES))) await rename(join(folder, DATABASES), join(folder, SET_ASIDE))
  await copyWhole(join(folder, KEPT, LOG), folder)
}
