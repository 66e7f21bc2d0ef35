/** Cuts a piece out of a volume just before it is uploaded, and digests it in the same pass. */
import { createHash } from "node:crypto"
import { closeSync, openSync, read, readSync, renameSync, rmSync, write, writeSync } from "node:fs"
import { promisify } from "node:util"
import type { Cancellation } from "./cancellation.ts"
import type { HasSpareCpu } from "./hash.ts"
import type { CutJob, CutResult } from "./jobs.ts"

const readAsync = promisify(read)
const writeAsync = promisify(write)

const bufferBytes = 1024 * 1024

/** The source ended before the range did. */
export class SourceTooShort extends Error {
  override readonly name = "SourceTooShort"
}

/** The piece is not what was digested before: the source has changed since. */
export class SourceChanged extends Error {
  override readonly name = "SourceChanged"
}

const writeAll = (file: number, bytes: Uint8Array, offset: number): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, offset + done)
}

const writeAllAsync = async (file: number, bytes: Uint8Array, offset: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await writeAsync(file, bytes, done, bytes.length - done, offset + done)).bytesWritten
}

const tooShort = (job: CutJob, done: number): SourceTooShort =>
  new SourceTooShort(`${job.source} ends at byte ${job.offset + done}`)

/** Copies and digests nothing: with one core or two, plain synchronous calls are as fast as `split` is. */
const copyRange = (job: CutJob, source: number, target: number, cancellation: Cancellation): void => {
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(bufferBytes, job.bytes)))
  for (let done = 0; done < job.bytes; ) {
    cancellation.check()
    const count = readSync(source, buffer, 0, Math.min(buffer.length, job.bytes - done), job.offset + done)
    if (count === 0) throw tooShort(job, done)
    writeAll(target, buffer.subarray(0, count), done)
    done += count
  }
}

/** One buffer's round: filled from the source, then digested and written at the same time. */
interface Slot {
  readonly buffer: Buffer
  written: Promise<void>
}

const settled = Promise.resolve()

/** While one buffer is digested here, the one before is written and the next one filled, where a core is free for it. */
const copyAndDigestRange = async (
  job: CutJob,
  source: number,
  target: number,
  cancellation: Cancellation,
  hasSpareCpu: HasSpareCpu,
): Promise<string> => {
  const hash = createHash("sha256")
  const size = Math.max(1, Math.min(bufferBytes, job.bytes))
  const slots: ReadonlyArray<Slot> = [1, 2, 3].map(() => ({ buffer: Buffer.allocUnsafeSlow(size), written: settled }))
  const wantedAt = (done: number) => Math.min(size, job.bytes - done)
  let ahead: Promise<{ readonly bytesRead: number }> | undefined
  try {
    for (let done = 0, turn = 0; done < job.bytes; turn++) {
      cancellation.check()
      const slot = slots[turn % slots.length]
      const next = slots[(turn + 1) % slots.length]
      if (slot === undefined || next === undefined) throw new Error("there are three slots")
      await slot.written
      const count =
        ahead === undefined
          ? readSync(source, slot.buffer, 0, wantedAt(done), job.offset + done)
          : (await ahead).bytesRead
      ahead = undefined
      if (count === 0) throw tooShort(job, done)
      const chunk = slot.buffer.subarray(0, count)
      const after = done + count
      if (hasSpareCpu()) {
        slot.written = writeAllAsync(target, chunk, done)
        // Awaited before the slot is used again, and at the end.
        slot.written.catch(() => {})
        await next.written
        if (after < job.bytes) ahead = readAsync(source, next.buffer, 0, wantedAt(after), job.offset + after)
      } else {
        writeAll(target, chunk, done)
      }
      hash.update(chunk)
      done = after
    }
  } finally {
    // No descriptor may be closed under a read or a write.
    await Promise.allSettled([ahead, ...slots.map((slot) => slot.written)])
  }
  await Promise.all(slots.map((slot) => slot.written))
  return hash.digest("hex")
}

/**
 * Writes the range to `<target>.cutting` and renames it into place, so that `target` is never half a piece. Doing it
 * again gives the same file. On any error, and when cancelled, nothing is left behind.
 *
 * Throws `Cancelled`, `SourceTooShort`, `SourceChanged`, or the file system's error.
 */
export const cutFile = async (
  job: CutJob,
  cancellation: Cancellation,
  hasSpareCpu: HasSpareCpu,
): Promise<CutResult> => {
  const unfinished = `${job.target}.cutting`
  const source = openSync(job.source, "r")
  try {
    const target = openSync(unfinished, "w")
    let sha256: string | null = null
    try {
      if (job.expectedSha256 === null) copyRange(job, source, target, cancellation)
      else sha256 = await copyAndDigestRange(job, source, target, cancellation, hasSpareCpu)
    } finally {
      closeSync(target)
    }
    if (sha256 !== job.expectedSha256) throw new SourceChanged(`${job.source} is not what it was when it was digested`)
    renameSync(unfinished, job.target)
    return { bytes: job.bytes, sha256 }
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closeSync(source)
  }
}
