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
