/** SHA-256 of a set's volumes, at the machine's limit. */
import { closeSync, openSync, read, readSync } from "node:fs"
import { promisify } from "node:util"
import { TarLister } from "../archive/tar-listing.ts"
import type { Cancellation } from "./cancellation.ts"
import type { DigestJob, DigestResult } from "./jobs.ts"
import { SetHasher } from "./set-hasher.ts"
import { TarInflow } from "./tar-inflow.ts"

const readAsync = promisify(read)

/**
 * Measured on one core: synchronous reads reach 0.87 of what the hash alone does; the rest is the copy from the page
 * cache. Reading ahead on another core reaches 0.99, and loses when no core is free.
 */
const bufferBytes = 4 * 1024 * 1024
/** What is read at once where no core is free stays in the core's own cache until it is hashed: 3 % are won. */
const cachedBytes = 256 * 1024

/** Tells whether a core is idle that could read ahead. */
export type HasSpareCpu = () => boolean

export const noSpareCpu: HasSpareCpu = () => false

/**
 * Digests the volumes in order, each byte read once, and lists a tar among the way when the job asks for it.
 *
 * Throws `Cancelled`, or the file system's error.
 */
export const digestFiles = async (
  job: DigestJob,
  maxEntries: number,
  cancellation: Cancellation,
  onProgress: (bytesDone: number) => void,
  hasSpareCpu: HasSpareCpu,
): Promise<DigestResult> => {
  const hasher = new SetHasher(job.volumes.map(({ pieceBytes }) => pieceBytes))
  const tar = job.listTar ? new TarInflow(new TarLister(maxEntries), cancellation) : undefined
  const buffers = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)] as const
  try {
    for (const { path } of job.volumes) {
      const file = openSync(path, "r")
      let ahead: Promise<{ readonly bytesRead: number }> | undefined
      try {
        for (let [current, next] = buffers; ; [current, next] = [next, current]) {
          cancellation.check()
          const count = ahead === undefined ? readSync(file, current, 0, cachedBytes, null) : (await ahead).bytesRead
          ahead = undefined
          if (count === 0) break
          if (hasSpareCpu()) ahead = readAsync(file, next, 0, bufferBytes, null)
          const chunk = current.subarray(0, count)
          hasher.update(chunk)
          await tar?.push(chunk)
          onProgress(hasher.bytes)
        }
      } finally {
        // The descriptor must not be closed, and perhaps given to another file, under a read.
        await ahead?.catch(() => {})
        closeSync(file)
      }
      hasher.endVolume()
    }
    return { ...hasher.result(), tar: tar === undefined ? null : await tar.end() }
  } finally {
    tar?.stop()
  }
}
