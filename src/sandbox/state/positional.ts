import { closeSync, constants, openSync, readSync, writeSync } from "node:fs"

/** Reads so many bytes of a file from a position on; throws when it ends before. */
export const readAt = (path: string, position: number, length: number): Buffer => {
  const buffer = Buffer.allocUnsafe(length)
  const descriptor = openSync(path, "r")
  try {
    let filled = 0
    while (filled < length) {
      const count = readSync(descriptor, buffer, filled, length - filled, position + filled)
      if (count === 0) throw new Error(`${path} ends at byte ${position + filled}, before its known size`)
      filled += count
    }
  } finally {
    closeSync(descriptor)
  }
  return buffer
}

/** Writes at a position of a file, which is made if it is not there. */
export const writeAt = (path: string, data: Uint8Array, position: number): void => {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    for (let written = 0; written < data.length; ) {
      written += writeSync(file, data, written, data.length - written, position + written)
    }
  } finally {
    closeSync(file)
  }
}
