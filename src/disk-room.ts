import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/**
 * Kept free beside everything that is downloaded, in bytes. TDLib aborts its whole process when it cannot write its own
 * databases, so a disk must not be filled to the brim, and a cell is not started on a full one.
 */
export const RESERVED_BYTES = 32 * 1024 * 1024

/** Free bytes of the file system that a folder lies on, or will lie on. */
const freeBytes = async (folder: string): Promise<number> => {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    const parent = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === folder) throw error
    return freeBytes(parent)
  }
}

/** Who knows how much room there is. */
export const DiskRoom = Context.Reference<(folder: string) => Promise<number>>("src/DiskRoom", {
  defaultValue: () => freeBytes,
})

/** How many bytes are missing before `bytes` more may be written below `folder`; 0 when there is room, or nobody knows. */
export const missingRoom = Effect.fn("missingRoom")(function* (folder: string, bytes: number) {
  const roomOf = yield* DiskRoom
  const free = yield* Effect.tryPromise(() => roomOf(folder)).pipe(
    Effect.catch(() => Effect.succeed(Number.POSITIVE_INFINITY)),
  )
  return Math.max(0, bytes + RESERVED_BYTES - free)
})
