/** Random access to a set's files for the header readers, with few files open at a time. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import type { ReadAt } from "../archive/volume-bytes.ts"
import type { Cancellation } from "./cancellation.ts"

const maxOpenFiles = 16

export interface VolumeReader {
  readonly volumes: ReadonlyArray<{ readonly bytes: number }>
  readonly readAt: ReadAt
}

/** Opens the files at `paths` as they are needed, runs `use`, and closes them. Throws the file system's error. */
export const withVolumeReader = <A>(
  paths: ReadonlyArray<string>,
  cancellation: Cancellation,
  use: (reader: VolumeReader) => A,
): A => {
  const open = new Map<number, number>()
  const fileOf = (volume: number): number => {
    const known = open.get(volume)
    if (known !== undefined) return known
    const [oldest] = open
    if (open.size >= maxOpenFiles && oldest !== undefined) {
      open.delete(oldest[0])
      closeSync(oldest[1])
    }
    const file = openSync(paths[volume] ?? "", "r")
    open.set(volume, file)
    return file
  }
  try {
    const volumes = paths.map((_, volume) => ({ bytes: fstatSync(fileOf(volume)).size }))
    const readAt: ReadAt = (volume, offset, length) => {
      cancellation.check()
      const buffer = new Uint8Array(length)
      let done = 0
      while (done < length) {
        const count = readSync(fileOf(volume), buffer, done, length - done, offset + done)
        if (count === 0) break
        done += count
      }
      return buffer.subarray(0, done)
    }
    return use({ volumes, readAt })
  } finally {
    for (const file of open.values()) closeSync(file)
  }
}
