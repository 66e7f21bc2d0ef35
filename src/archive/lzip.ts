/**
 * Finds the members of an lzip stream as it passes by (lzip manual, "File format"): each is a header of 6 bytes, an LZMA
 * stream with a mark at its end, and a trailer of 20 bytes with the CRC-32 and the sizes. Parallel packers write many.
 */
import { viewOf } from "./volume-bytes.ts"

const headerBytes = 6
const trailerBytes = 20
const magic = Buffer.from("LZIP\u0001", "latin1")

/** What lies at a member's end. */
export interface LzipTrailer {
  readonly crc32: number
  readonly unpackedBytes: number
}

/** What a stream consists of, in its order: any number of `member`, `data` ..., `trailer`. */
export type LzipPiece =
  /** A member begins; `lzmaHeader` is what its data lacks to be a file of the older LZMA format (.lzma). */
  | { readonly kind: "member"; readonly lzmaHeader: Uint8Array }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "trailer"; readonly trailer: LzipTrailer }

/** The stream is not lzip, or is cut off. */
export class LzipError extends Error {
  override readonly name = "LzipError"
}

/** The low 5 bits are the exponent of a power of two, the high 3 the sixteenths of it that are taken off. */
const dictionaryBytes = (code: number): number => {
  const base = 2 ** (code & 0x1f)
  return base - (base / 16) * (code >> 5)
}

/** lc = 3, lp = 0, pb = 2, as lzip always has them; the size is unknown. */
const lzmaHeaderOf = (dictionaryCode: number): Uint8Array => {
  const bytes = dictionaryBytes(dictionaryCode)
  if (bytes < 4096 || bytes > 512 * 1024 * 1024) throw new LzipError("the dictionary has no size that lzip allows")
  const header = new Uint8Array(13).fill(0xff)
  header[0] = 0x5d
  viewOf(header).setUint32(1, bytes, true)
  return header
}

/**
 * Takes the stream's chunks and gives its pieces. Where one member ends is told by the size in its trailer, which stands
 * before the next member's magic number.
 */
export class LzipMembers {
  #held: Buffer = Buffer.alloc(0)
  /** Bytes of the current member before `#held`; -1 between members. */
  #given = -1

  /** Throws `LzipError`. */
  push(chunk: Uint8Array): ReadonlyArray<LzipPiece> {
    this.#held = Buffer.concat([this.#held, chunk])
    const pieces: Array<LzipPiece> = []
    for (;;) {
      if (this.#given < 0) {
        if (this.#held.length < headerBytes) return pieces
        pieces.push(this.#begin())
      }
      const next = this.#nextMember()
      if (next < 0) break
      pieces.push(...this.#end(next))
    }
    // Enough stays to hold a trailer and the beginning of the next member.
    const safe = this.#held.length - trailerBytes - headerBytes
    if (safe > 0) pieces.push(this.#data(safe))
    return pieces
  }

  /** The last pieces. Throws `LzipError` when the stream ends within a member. */
  end(): ReadonlyArray<LzipPiece> {
    if (this.#given < 0) {
      // Anything may follow the last member.
      return []
    }
    if (this.#held.length < trailerBytes) throw new LzipError("the stream is cut off")
    return this.#end(this.#held.length)
  }

  #begin(): LzipPiece {
    if (!this.#held.subarray(0, magic.length).equals(magic)) throw new LzipError("there is no lzip member")
    const lzmaHeader = lzmaHeaderOf(this.#held[magic.length] ?? 0)
    this.#held = this.#held.subarray(headerBytes)
    this.#given = headerBytes
    return { kind: "member", lzmaHeader }
  }

  /** Where the next member begins in what is held, or -1. */
  #nextMember(): number {
    for (let at = this.#held.indexOf(magic, trailerBytes); at >= 0; at = this.#held.indexOf(magic, at + 1)) {
      if (viewOf(this.#held).getBigUint64(at - 8, true) === BigInt(this.#given + at)) return at
    }
    return -1
  }

  #data(count: number): LzipPiece {
    const bytes = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    this.#given += count
    return { kind: "data", bytes }
  }

  /** The end of the current member, whose trailer ends at `end` of what is held. */
  #end(end: number): ReadonlyArray<LzipPiece> {
    const data = this.#data(end - trailerBytes)
    const view = viewOf(this.#held)
    if (view.getBigUint64(12, true) !== BigInt(this.#given + trailerBytes)) throw new LzipError("the stream is cut off")
    const trailer = { crc32: view.getUint32(0, true), unpackedBytes: Number(view.getBigUint64(4, true)) }
    this.#held = this.#held.subarray(trailerBytes)
    this.#given = -1
    return [data, { kind: "trailer", trailer }]
  }
}
