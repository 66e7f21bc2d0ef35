/** Random access to the bytes of a set, as the header readers need it. */

/** Reads up to `length` bytes at `offset` of the volume with index `volume`; fewer at its end. Synchronous. */
export type ReadAt = (volume: number, offset: number, length: number) => Uint8Array

/** A run of bytes with random access; reads beyond the end are short. */
export interface ByteSource {
  readonly bytes: number
  readonly read: (offset: number, length: number) => Uint8Array
}

/** One volume by itself. */
export const volumeSource = (
  volumes: ReadonlyArray<{ readonly bytes: number }>,
  readAt: ReadAt,
  volume: number,
): ByteSource => {
  const bytes = volumes[volume]?.bytes ?? 0
  return {
    bytes,
    read: (offset, length) => {
      if (offset < 0 || offset >= bytes || length <= 0) return new Uint8Array(0)
      return readAt(volume, offset, Math.min(length, bytes - offset))
    },
  }
}

/** All volumes joined in order, as a byte split is read. */
export const joinedSource = (volumes: ReadonlyArray<{ readonly bytes: number }>, readAt: ReadAt): ByteSource => {
  const starts: Array<number> = []
  let total = 0
  for (const { bytes } of volumes) {
    starts.push(total)
    total += bytes
  }
  return {
    bytes: total,
    read: (offset, length) => {
      const wanted = Math.max(0, Math.min(length, total - offset))
      const result = new Uint8Array(offset < 0 ? 0 : wanted)
      let done = 0
      while (done < result.length) {
        const position = offset + done
        const volume = starts.findLastIndex((start) => start <= position)
        const within = position - (starts[volume] ?? 0)
        const room = (volumes[volume]?.bytes ?? 0) - within
        const chunk = readAt(volume, within, Math.min(room, result.length - done))
        if (chunk.length === 0) break
        result.set(chunk, done)
        done += chunk.length
      }
      return result.subarray(0, done)
    },
  }
}

/** A view for little-endian numbers. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A little-endian 64-bit size as a number; Infinity when it is beyond what any file has. */
export const readSize64 = (view: DataView, offset: number): number => {
  const value = view.getBigUint64(offset, true)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY
}
