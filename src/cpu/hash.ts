/** SHA-256 of a set's volumes, at the machine's limit: synchronous reads into one buffer that is used again and again. */
import { createHash, type Hash } from "node:crypto"
import { closeSync, openSync, readSync } from "node:fs"
import type { Cancellation } from "./cancellation.ts"
import type { DigestResult } from "./jobs.ts"

/** Measured: from 64 KiB to 4 MiB all reach 0.87 of what the hash alone does; the rest is the copy from the page cache. */
const bufferBytes = 1024 * 1024

interface Reading {
  readonly buffer: Buffer
  readonly cancellation: Cancellation
  readonly onBytes: (bytes: number) => void
}

/** Feeds one file to the given hashes and returns its size. */
const feed = (path: string, hashes: ReadonlyArray<Hash>, reading: Reading): number => {
  const file = openSync(path, "r")
  let total = 0
  try {
    for (;;) {
      reading.cancellation.check()
      const count = readSync(file, reading.buffer, 0, reading.buffer.length, null)
      if (count === 0) return total
      const chunk = count === reading.buffer.length ? reading.buffer : reading.buffer.subarray(0, count)
      for (const hash of hashes) hash.update(chunk)
      total += count
      reading.onBytes(count)
    }
  } finally {
    closeSync(file)
  }
}

/**
 * Digests the files in order. The digest of the whole set costs nothing extra for the first volume, whose own digest is
 * a copy of the running one; later volumes are fed to both.
 *
 * Throws `Cancelled`, or the file system's error.
 */
export const digestFiles = (
  paths: ReadonlyArray<string>,
  cancellation: Cancellation,
  onProgress: (bytesDone: number) => void,
): DigestResult => {
  const whole = createHash("sha256")
  let bytes = 0
  const reading: Reading = {
    buffer: Buffer.allocUnsafeSlow(bufferBytes),
    cancellation,
    onBytes: (count) => {
      bytes += count
      onProgress(bytes)
    },
  }
  const volumes = paths.map((path, index) => {
    const own = index === 0 ? undefined : createHash("sha256")
    const size = feed(path, own === undefined ? [whole] : [whole, own], reading)
    return { bytes: size, sha256: (own ?? whole.copy()).digest("hex") }
  })
  return { contentHash: whole.digest("hex"), bytes, volumes }
}
