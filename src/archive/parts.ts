/**
 * How a set's volumes are sent: whole when they fit into one upload, else cut into numbered pieces that any tool joins.
 */

/** TDLib uploads in blocks of 512 KiB (PartsManager, MAX_PART_SIZE); a cut on a block boundary wastes none. */
const uploadBlock = 512 * 1024

/** One message to send: `bytes` bytes at `offset` of the volume with index `volume`. */
export interface Part {
  /** 1 to `of`. */
  readonly part: number
  readonly of: number
  readonly volume: number
  /** Its place among the pieces of its volume, from 0. */
  readonly piece: number
  readonly offset: number
  readonly bytes: number
  readonly name: string
  /** The whole volume, so no cut is due. */
  readonly whole: boolean
}

/**
 * The length of the pieces into which a volume of `bytes` bytes is cut, all but the last; null when it fits as it is.
 *
 * Throws a RangeError when `maxUploadBytes` is below 512 KiB and a cut is due.
 */
export const pieceBytesOf = (bytes: number, maxUploadBytes: number): number | null => {
  if (bytes <= maxUploadBytes) return null
  const step = Math.floor(maxUploadBytes / uploadBlock) * uploadBlock
  if (step <= 0)
    throw new RangeError(`An upload limit of ${maxUploadBytes} bytes is below one block of ${uploadBlock}.`)
  return step
}

/**
 * The messages that carry the volumes, in order. A volume of at most `maxUploadBytes` is sent as it is under its own
 * name; a larger one is cut at a multiple of 512 KiB into `name.001`, `name.002` and so on. Joined in order, the parts
 * are exactly the volumes joined in order.
 *
 * Throws a RangeError when `maxUploadBytes` is below 512 KiB and a cut is due.
 */
export const planParts = (
  volumes: ReadonlyArray<{ readonly name: string; readonly bytes: number }>,
  maxUploadBytes: number,
): ReadonlyArray<Part> => {
  const pieces = volumes.flatMap(({ name, bytes }, volume): ReadonlyArray<Omit<Part, "part" | "of">> => {
    const step = pieceBytesOf(bytes, maxUploadBytes)
    if (step === null) return [{ volume, piece: 0, offset: 0, bytes, name, whole: true }]
    const count = Math.ceil(bytes / step)
    const width = Math.max(3, String(count).length)
    return Array.from({ length: count }, (_, index) => ({
      volume,
      piece: index,
      offset: index * step,
      bytes: Math.min(step, bytes - index * step),
      name: `${name}.${String(index + 1).padStart(width, "0")}`,
      whole: false,
    }))
  })
  return pieces.map((piece, index) => ({ part: index + 1, of: pieces.length, ...piece }))
}
