/** The 32 bytes at the beginning of a 7z file (7zFormat.txt, "SignatureHeader"), which give the exact total size. */
import { crc32 } from "node:zlib"
import { type ByteSource, readSize64, viewOf } from "./volume-bytes.ts"

export const sevenZipStartBytes = 32

/** What the start says. */
export interface SevenZipStart {
  /** The start header's own CRC-32 is right. */
  readonly intact: boolean
  /** All zero, as 7-Zip leaves it when it is stopped while writing. */
  readonly unfinished: boolean
  /** Bytes of the whole archive, all volumes together. */
  readonly totalBytes: number
  readonly headerOffset: number
  readonly headerBytes: number
  readonly headerCrc: number
}

/** Reads the start header; undefined when there are fewer than 32 bytes. */
export const readSevenZipStart = (source: ByteSource): SevenZipStart | undefined => {
  const start = source.read(0, sevenZipStartBytes)
  if (start.length < sevenZipStartBytes) return undefined
  const view = viewOf(start)
  const headerOffset = sevenZipStartBytes + readSize64(view, 12)
  const headerBytes = readSize64(view, 20)
  return {
    intact: crc32(start.subarray(12)) === view.getUint32(8, true),
    unfinished: start.subarray(8).every((byte) => byte === 0),
    totalBytes: headerOffset + headerBytes,
    headerOffset,
    headerBytes,
    headerCrc: view.getUint32(28, true),
  }
}

export interface SevenZipEnd {
  /** Its CRC-32 is right; true without looking when the header is larger than 1 MiB. */
  readonly intact: boolean
  /** The list of names is itself encrypted. */
  readonly encryptedHeaders: boolean
}

const maxCheckedBytes = 1024 * 1024
const encodedHeader = 0x17
/** The id of 7zAES-256 as a coder's 4-byte id, after the coder's flag byte 0x24 (4 id bytes, with attributes). */
const aesCoder = Buffer.from([0x24, 0x06, 0xf1, 0x07, 0x01])

/** Looks at the header at the archive's end, which only a complete set has. */
export const readSevenZipEnd = (source: ByteSource, start: SevenZipStart): SevenZipEnd => {
  if (start.headerBytes === 0 || start.headerBytes > maxCheckedBytes) return { intact: true, encryptedHeaders: false }
  const header = source.read(start.headerOffset, start.headerBytes)
  return {
    intact: header.length === start.headerBytes && crc32(header) === start.headerCrc,
    encryptedHeaders: header[0] === encodedHeader && Buffer.from(header).includes(aesCoder),
  }
}

/** A number as 7zFormat.txt ("NUMBER") writes it: leading ones of the first byte count the bytes that follow. */
const readNumber = (bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | undefined => {
  const first = bytes[at]
  if (first === undefined) return undefined
  let value = 0
  let mask = 0x80
  for (let following = 0; following < 8; following++, mask >>= 1) {
    if ((first & mask) === 0) {
      value += (first & (mask - 1)) * 2 ** (8 * following)
      return { value, next: at + 1 + following }
    }
    const byte = bytes[at + 1 + following]
    if (byte === undefined) return undefined
    value += byte * 2 ** (8 * following)
  }
  return { value, next: at + 9 }
}

const packInfo = 0x06
const sizes = 0x09

/**
 * Where the true header lies, when the one at the end says that it is packed: within the whole archive. Undefined when this one is
 * the true one, or cannot be read.
 */
export const sevenZipPackedHeader = (
  header: Uint8Array,
): { readonly offset: number; readonly bytes: number } | undefined => {
  if (header[0] !== encodedHeader || header[1] !== packInfo) return undefined
  const position = readNumber(header, 2)
  const streams = position && readNumber(header, position.next)
  if (streams === undefined || header[streams.next] !== sizes) return undefined
  let bytes = 0
  let at = streams.next + 1
  for (let stream = 0; stream < streams.value; stream++) {
    const size = readNumber(header, at)
    if (size === undefined) return undefined
    bytes += size.value
    at = size.next
  }
  return { offset: sevenZipStartBytes + (position?.value ?? 0), bytes }
}
