import { randomBytes, randomInt } from "node:crypto"
import { crc32 } from "node:zlib"
import type { ByteQueue } from "./byte-queue.ts"
import { ProtocolViolation } from "./protocol-violation.ts"

/** The largest frame a client may send: a container of several 512 KiB upload parts fits, a made-up length does not. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024

/** A client asks for a quick acknowledgement with this bit of the length; answering it is voluntary. */
const QUICK_ACK_BIT = 0x80000000

/** Where a frame begins and ends, in one of the ways of core.telegram.org/mtproto/mtproto-transports. */
export interface Framing {
  /** What to put before and after the payload of this many bytes. */
  readonly wrap: (pieces: readonly Uint8Array[]) => readonly [header: Uint8Array, trailer: Uint8Array]
  /** The length of the header at the front of the queue, and of the rest of the frame; undefined while bytes are missing. */
  readonly measure: (queue: ByteQueue) => { readonly header: number; readonly rest: number } | undefined
  /** The payload of a whole frame. */
  readonly unwrap: (frame: Buffer, header: number) => Buffer
}

const NOTHING = Buffer.alloc(0)

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

const bounded = (length: number): number => {
  if (length > MAX_FRAME_BYTES) throw new ProtocolViolation("transport", `a frame of ${length} bytes is announced`)
  return length
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** One byte, or 0x7f and three bytes, with the length in units of four bytes. */
const abridged = (): Framing => ({
  wrap: (pieces) => {
    const words = lengthOf(pieces) / 4
    return [words < 0x7f ? Buffer.of(words) : uint32(0x7f + words * 0x100), NOTHING]
  },
  measure: (queue) => {
    const first = queue.peek(1)?.[0]
    if (first === undefined) return undefined
    const words = first & 0x7f
    if (words < 0x7f) return { header: 1, rest: words * 4 }
    const header = queue.peek(4)
    return header === undefined ? undefined : { header: 4, rest: bounded(header.readUIntLE(1, 3) * 4) }
  },
  unwrap: (frame, header) => frame.subarray(header),
})

/** Four bytes of length; with padding, up to 15 bytes more than the payload that nobody can tell from it. */
const intermediate = (isPadded: boolean): Framing => ({
  wrap: (pieces) => {
    const padding = isPadded ? randomBytes(randomInt(16)) : NOTHING
    return [uint32(lengthOf(pieces) + padding.length), padding]
  },
  measure: (queue) => {
    const header = queue.peek(4)
    return header === undefined
      ? undefined
      : { header: 4, rest: bounded((header.readUInt32LE(0) & ~QUICK_ACK_BIT) >>> 0) }
  },
  unwrap: (frame, header) => frame.subarray(header),
})

/** Length of the whole frame, number of the frame, payload, CRC-32 of all before it. */
const full = (): Framing => {
  let sent = 0
  let received = 0
  return {
    wrap: (pieces) => {
      const header = Buffer.concat([uint32(lengthOf(pieces) + 12), uint32(sent++)])
      return [header, uint32([header, ...pieces].reduce((sum, piece) => crc32(piece, sum), 0))]
    },
    measure: (queue) => {
      const start = queue.peek(4)
      if (start === undefined) return undefined
      const length = bounded(start.readUInt32LE(0))
      if (length < 12) throw new ProtocolViolation("transport", `a full frame of ${length} bytes is announced`)
      return { header: 8, rest: length - 8 }
    },
    unwrap: (frame, header) => {
      const number = frame.readUInt32LE(4)
      if (number !== received) throw new ProtocolViolation("transport", `frame ${number} comes instead of ${received}`)
      received++
      const end = frame.length - 4
      if (crc32(frame.subarray(0, end)) !== frame.readUInt32LE(end)) {
        throw new ProtocolViolation("transport", "the checksum of a frame is wrong")
      }
      return frame.subarray(header, end)
    },
  }
}

/** The framing that a client asks for with these four bytes (little-endian), or undefined. */
export const framingOfTag = (tag: number): Framing | undefined => {
  switch (tag) {
    case 0xefefefef:
      return abridged()
    case 0xeeeeeeee:
      return intermediate(false)
    case 0xdddddddd:
      return intermediate(true)
    default:
      return undefined
  }
}

/**
 * The framing of a client that does not obfuscate, by its first eight bytes; undefined for an obfuscated2 header, which
 * may not look like any of these. length: how many of the bytes are the tag and no part of a frame.
 */
export const plainFraming = (start: Buffer): { readonly framing: Framing; readonly length: number } | undefined => {
  if (start[0] === 0xef) return { framing: abridged(), length: 1 }
  const tagged = framingOfTag(start.readUInt32LE(0))
  if (tagged !== undefined) return { framing: tagged, length: 4 }
  if (start.readUInt32LE(4) === 0) return { framing: full(), length: 0 }
  return undefined
}
