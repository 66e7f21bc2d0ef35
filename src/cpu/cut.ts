/** Cuts a range out of a file, just before it is uploaded. */
import { createHash } from "node:crypto"
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs"
import type { Cancellation } from "./cancellation.ts"
import type { CutJob, CutResult } from "./jobs.ts"

const bufferBytes = 1024 * 1024

/** The source ended before the range did. */
export class SourceTooShort extends Error {
  override readonly name = "SourceTooShort"
}

const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}

const copyRange = (job: CutJob, source: number, target: number, cancellation: Cancellation): string => {
  const hash = createHash("sha256")
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(bufferBytes, job.bytes)))
  for (let done = 0; done < job.bytes; ) {
    cancellation.check()
    const count = readSync(source, buffer, 0, Math.min(buffer.length, job.bytes - done), job.offset + done)
    if (count === 0) throw new SourceTooShort(`${job.source} ends at byte ${job.offset + done}`)
    const chunk = buffer.subarray(0, count)
    hash.update(chunk)
    writeAll(target, chunk)
    done += count
  }
  return hash.digest("hex")
}

/**
 * Writes the range to `<target>.cutting` and renames it into place, so that `target` is never half a part. Doing it
 * again gives the same file. On any error, and when cancelled, nothing is left behind.
 *
 * Throws `Cancelled`, `SourceTooShort`, or the file system's error.
 */
export const cutFile = (job: CutJob, cancellation: Cancellation): CutResult => {
  const unfinished = `${job.target}.cutting`
  const source = openSync(job.source, "r")
  try {
    const target = openSync(unfinished, "w")
    let sha256: string
    try {
      sha256 = copyRange(job, source, target, cancellation)
    } finally {
      closeSync(target)
    }
    renameSync(unfinished, job.target)
    return { bytes: job.bytes, sha256 }
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closeSync(source)
  }
}
