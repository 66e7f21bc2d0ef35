/**
 * Walks the block headers of one RAR volume (RARLAB technote for 5.0, and the older technote for 1.5 to 4.x), to learn
 * which volume it is and whether another one follows. Data is skipped, so the cost is one small read per block.
 */
import { crc32 } from "node:zlib"
import { type ByteSource, viewOf } from "./volume-bytes.ts"

/** What one volume's headers say. */
export interface RarVolume {
  readonly version: 4 | 5
  /** Part of a multi-volume set. */
  readonly isVolume: boolean
  /** From 0; undefined where the headers do not say. */
  readonly volumeNumber: number | undefined
  /** The end block: another volume follows, none follows, or there is no end block. */
  readonly end: "last" | "not_last" | "absent"
  /** The first file began in the volume before. */
  readonly splitBefore: boolean
  /** The last file goes on in the next volume. */
  readonly splitAfter: boolean
  readonly encryptedHeaders: boolean
  /** A block reaches beyond the end of the volume. */
  readonly truncated: boolean
  /** A header's checksum is wrong, or a header makes no sense. */
  readonly damaged: boolean
  /** The walk stopped at its limit, before the end. */
  readonly unfinished: boolean
  /** Blocks walked. */
  readonly blocks: number
}

/** Self-extracting programs in front of the archive are at most this long (the technotes' limit for readers). */
const maxStubBytes = 1024 * 1024
/** More blocks than real sets have; one header read each, so a hostile set costs about a second. */
export const maxRarBlocks = 500_000
/** A RAR5 header is at most 2 MiB by its specification. */
const maxHeaderBytes = 2 * 1024 * 1024
/** One read usually covers a whole header. */
const windowBytes = 512

const mark = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07])

/** Where the archive's mark is, and its version; undefined when there is none within the first MiB. */
export const findRarMark = (source: ByteSource): { readonly offset: number; readonly version: 4 | 5 } | undefined => {
  const versionAt = (bytes: Uint8Array, at: number): 4 | 5 | undefined => {
    if (bytes[at + 6] === 0) return 4
    return bytes[at + 6] === 1 && bytes[at + 7] === 0 ? 5 : undefined
  }
  const head = Buffer.from(source.read(0, 8))
  if (head.indexOf(mark) === 0) {
    const version = versionAt(head, 0)
    return version === undefined ? undefined : { offset: 0, version }
  }
  // Only a program may stand in front.
  if (head[0] !== 0x4d || head[1] !== 0x5a) return undefined
  const stub = Buffer.from(source.read(0, maxStubBytes))
  for (let at = stub.indexOf(mark); at >= 0; at = stub.indexOf(mark, at + 1)) {
    const version = versionAt(stub, at)
    if (version !== undefined) return { offset: at, version }
  }
  return undefined
}

type Draft = { -readonly [Key in keyof RarVolume]: RarVolume[Key] }

const draftOf = (version: 4 | 5): Draft => ({
  version,
  isVolume: false,
  volumeNumber: version === 5 ? 0 : undefined,
  end: "absent",
  splitBefore: false,
  splitAfter: false,
  encryptedHeaders: false,
  truncated: false,
  damaged: false,
  unfinished: false,
  blocks: 0,
})

const mainBlock4 = 0x73
const fileBlock4 = 0x74
const serviceBlock4 = 0x7a
const endBlock4 = 0x7b

const walk4 = (source: ByteSource, start: number, maxBlocks: number): RarVolume => {
  const draft = draftOf(4)
  let filesSeen = 0
  let offset = start
  for (; offset < source.bytes; draft.blocks++) {
    if (draft.blocks >= maxBlocks) return { ...draft, unfinished: true }
    let head = source.read(offset, windowBytes)
    if (head.length < 7) return { ...draft, truncated: true }
    const headerBytes = viewOf(head).getUint16(5, true)
    if (headerBytes < 7) return { ...draft, damaged: true }
    if (headerBytes > head.length) head = source.read(offset, headerBytes)
    if (head.length < headerBytes) return { ...draft, truncated: true }
    const view = viewOf(head)
    const type = view.getUint8(2)
    const flags = view.getUint16(3, true)
    const isFile = type === fileBlock4 || type === serviceBlock4
    // The comment of old archives is inside the main header but not under its checksum.
    const checksummed = type !== mainBlock4 || (flags & 0x02) === 0 ? headerBytes : 13
    if (checksummed <= headerBytes && (crc32(head.subarray(2, checksummed)) & 0xffff) !== view.getUint16(0, true)) {
      // RAR before 2.9 covers less of a block that is not a file's, so only these prove damage.
      if (type === mainBlock4 || isFile || type === endBlock4) return { ...draft, damaged: true }
    }
    let dataBytes = 0
    if ((isFile || (flags & 0x8000) !== 0) && headerBytes >= 11) dataBytes = view.getUint32(7, true)
    if (isFile && (flags & 0x100) !== 0 && headerBytes >= 36) dataBytes += view.getUint32(32, true) * 2 ** 32
    if (type === mainBlock4) {
      draft.isVolume = (flags & 0x01) !== 0
      if ((flags & 0x80) !== 0) return { ...draft, encryptedHeaders: true }
      // Only RAR 3 and newer mark the first volume, and they use the partN names.
      if ((flags & 0x100) !== 0) draft.volumeNumber = 0
    }
    if (type === fileBlock4) {
      if (filesSeen++ === 0) draft.splitBefore = (flags & 0x01) !== 0
      draft.splitAfter = (flags & 0x02) !== 0
    }
    if (type === endBlock4) {
      draft.end = (flags & 0x01) !== 0 ? "not_last" : "last"
      const numberAt = (flags & 0x02) !== 0 ? 11 : 7
      if ((flags & 0x08) !== 0 && headerBytes >= numberAt + 2) draft.volumeNumber = view.getUint16(numberAt, true)
      return draft
    }
    offset += headerBytes + dataBytes
  }
  return { ...draft, truncated: offset > source.bytes }
}

/** Reads RAR5's variable-length numbers: 7 bits a byte, lowest first, the high bit says that more follow. */
class NumberReader {
  readonly #bytes: Uint8Array
  #at: number
  #failed = false
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }
  get at(): number {
    return this.#at
  }
  /** A number ran beyond the bytes or beyond what a double holds exactly. */
  get failed(): boolean {
    return this.#failed
  }
  next(): number {
    let value = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) break
      this.#at += 1
      value += (byte & 0x7f) * 2 ** (7 * index)
      if ((byte & 0x80) === 0) {
        if (!Number.isSafeInteger(value)) this.#failed = true
        return value
      }
    }
    this.#failed = true
    return 0
  }
}

const mainBlock5 = 1
const fileBlock5 = 2
const encryptionBlock5 = 4
const endBlock5 = 5

/** A flag test that is right for numbers beyond 32 bits too. */
const has = (flags: number, bit: number): boolean => Math.floor(flags / bit) % 2 === 1

const walk5 = (source: ByteSource, start: number, maxBlocks: number): RarVolume => {
  const draft = draftOf(5)
  let filesSeen = 0
  let offset = start
  for (; offset < source.bytes; draft.blocks++) {
    if (draft.blocks >= maxBlocks) return { ...draft, unfinished: true }
    let head = source.read(offset, windowBytes)
    if (head.length < 7) return { ...draft, truncated: true }
    const sizeReader = new NumberReader(head, 4)
    const afterSize = sizeReader.next()
    if (sizeReader.failed || afterSize === 0 || afterSize > maxHeaderBytes) return { ...draft, damaged: true }
    const headerBytes = sizeReader.at + afterSize
    if (headerBytes > head.length) head = source.read(offset, headerBytes)
    if (head.length < headerBytes) return { ...draft, truncated: true }
    const header = head.subarray(0, headerBytes)
    if (crc32(header.subarray(4)) !== viewOf(header).getUint32(0, true)) return { ...draft, damaged: true }
    const numbers = new NumberReader(header, sizeReader.at)
    const type = numbers.next()
    const flags = numbers.next()
    if (has(flags, 1)) numbers.next()
    const dataBytes = has(flags, 2) ? numbers.next() : 0
    if (type === encryptionBlock5) return { ...draft, volumeNumber: undefined, encryptedHeaders: true }
    if (type === mainBlock5) {
      const archiveFlags = numbers.next()
      draft.isVolume = has(archiveFlags, 1)
      if (has(archiveFlags, 2)) draft.volumeNumber = numbers.next()
    }
    if (type === fileBlock5) {
      if (filesSeen++ === 0) draft.splitBefore = has(flags, 0x08)
      draft.splitAfter = has(flags, 0x10)
    }
    if (type === endBlock5) draft.end = has(numbers.next(), 1) ? "not_last" : "last"
    if (numbers.failed) return { ...draft, damaged: true }
    if (type === endBlock5) return draft
    offset += headerBytes + dataBytes
  }
  return { ...draft, truncated: offset > source.bytes }
}

/** Walks one volume from its mark to its end block, or `maxBlocks` far; undefined when it has no RAR mark. */
export const readRarVolume = (source: ByteSource, maxBlocks: number = maxRarBlocks): RarVolume | undefined => {
  const found = findRarMark(source)
  if (found === undefined) return undefined
  return found.version === 4 ? walk4(source, found.offset + 7, maxBlocks) : walk5(source, found.offset + 8, maxBlocks)
}
