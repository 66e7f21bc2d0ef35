import { createHash } from "node:crypto"
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { safeFileNames } from "../../src/archive/safe-file-name.ts"
import { missingRoom } from "../../src/disk-room.ts"

/** Thrown when: the disk says no. `isFull` = no space left: wait, do not fail. */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  path: Schema.String,
  isFull: Schema.Boolean,
  text: Schema.String,
}) {
  override get message(): string {
    return this.isFull ? `no space left for ${this.path}: ${this.text}` : `${this.path}: ${this.text}`
  }
}

/** Runs file system work; `path`: what it is about. */
export const storage = <A>(path: string, work: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.tryPromise({
    try: work,
    catch: (error) => {
      const code = (error as NodeJS.ErrnoException).code
      return new StorageError({ path, isFull: code === "ENOSPC" || code === "EDQUOT", text: String(error) })
    },
  })

/** Fails with `isFull` when so many bytes more do not fit below `folder` (src/disk-room.ts). */
export const requireRoom = Effect.fn("requireRoom")(function* (folder: string, bytes: number) {
  const missing = yield* missingRoom(folder, bytes)
  if (missing > 0)
    return yield* new StorageError({ path: folder, isFull: true, text: `${missing} bytes more are needed` })
})

/** The folder of one archive set: its volumes under safe names, and `parts` for pieces that are being sent. */
export interface SetFolder {
  readonly path: string
  readonly partsPath: string
  /** Where each volume lies, in volume order. The base name is the one people will see in the destination. */
  readonly volumePaths: ReadonlyArray<string>
}

/** The folder beside those of the sets in which packages are listed again. */
export const LISTINGS_FOLDER = "listings"

/** Folder names carry the channel and the first message, so that the next life finds what this one downloaded. */
export const setFolderName = (chatId: number, firstMessageId: number): string => `${Math.abs(chatId)}-${firstMessageId}`

interface PlannedSet {
  readonly chatId: number
  readonly firstMessageId: number
  readonly volumes: ReadonlyArray<{ readonly fileName: string; readonly uniqueId: string }>
}

const digitsOf = (uniqueId: string | undefined): string =>
  createHash("sha256")
    .update(uniqueId ?? "")
    .digest("hex")
    .slice(0, 12)

/**
 * Plans the folder of a set below `root`; nothing is created yet. Names from Telegram never leave it (W-59). A volume
 * lies in a folder named after its file's identity: when somebody replaces the file of a message, the old one is not
 * taken for it.
 */
export const planSetFolder = (root: string, set: PlannedSet): SetFolder => {
  const path = join(root, setFolderName(set.chatId, set.firstMessageId))
  const names = safeFileNames(set.volumes.map((volume) => volume.fileName))
  const volumePaths = names.map((name, index) => join(path, "volumes", digitsOf(set.volumes[index]?.uniqueId), name))
  return { path, partsPath: join(path, "parts"), volumePaths }
}

/** Creates the folders of a set. */
export const createSetFolder = (folder: SetFolder): Effect.Effect<void, StorageError> =>
  storage(folder.path, async () => {
    for (const path of folder.volumePaths) await mkdir(dirname(path), { recursive: true })
    await mkdir(folder.partsPath, { recursive: true })
  })

/** True when the volume is there in full size: a file only gets its final name when it is complete. */
export const hasVolume = (path: string, bytes: number): Effect.Effect<boolean> =>
  Effect.promise(() =>
    stat(path).then(
      (found) => found.isFile() && found.size === bytes,
      () => false,
    ),
  )

/** Moves a file into place; over a volume boundary by copy to a temporary name and rename. */
export const moveFile = (from: string, to: string): Effect.Effect<void, StorageError> =>
  storage(to, async () => {
    try {
      await rename(from, to)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error
      await copyFile(from, `${to}.moving`)
      await rename(`${to}.moving`, to)
      await rm(from, { force: true })
    }
  })

/** The bytes of a small file. */
export const readBytes = (path: string): Effect.Effect<Uint8Array, StorageError> => storage(path, () => readFile(path))

export const removeFile = (path: string): Effect.Effect<void, StorageError> =>
  storage(path, () => rm(path, { force: true }))

export const removeSetFolder = (folder: Pick<SetFolder, "path">): Effect.Effect<void, StorageError> =>
  storage(folder.path, () => rm(folder.path, { recursive: true, force: true }))

/** Removes every folder below `root` whose name is not in `keep`: what earlier lives left of sets that are settled. */
export const removeOtherFolders = (root: string, keep: ReadonlySet<string>): Effect.Effect<void, StorageError> =>
  storage(root, async () => {
    const names = await readdir(root).catch(() => [])
    for (const name of names) if (!keep.has(name)) await rm(join(root, name), { recursive: true, force: true })
  })

/** Whether no set has anything on the disk below `root`. */
export const isEmptyFolder = (root: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    readdir(root).then(
      (names) => names.length === 0,
      () => true,
    ),
  )
