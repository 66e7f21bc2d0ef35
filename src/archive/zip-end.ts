/**
 * The end of a ZIP file: its end-of-central-directory record (EOCD), from PKWARE's APPNOTE 4.3.14 to 4.3.16.
 * Reads the last 64 KiB at most, and a few bytes elsewhere.
 */
import { type ByteSource, readSize64, viewOf } from "./volume-bytes.ts"

/** What the end says. Offsets are within the source that was read. */
export interface ZipEnd {
  /** Number of the disk that holds this record; disks before it are the .z01, .z02 ... */
  readonly disk: number
  /** Disk on which the central directory begins. */
  readonly directoryDisk: number
  /** Where the directory says that it begins, on its disk. */
  readonly directoryOffset: number
  readonly directoryBytes: number
  /** Where the first record of the end begins: the ZIP64 one where there is one. */
  readonly endsAt: number
  /** A central file header, an end record, or nothing stands where the directory should be when read from its end. */
  readonly directoryFound: boolean
  /** Bytes after the record's comment; negative when the comment itself is cut off. */
  readonly trailingBytes: number
  /** The directory, and with it the names, is encrypted (APPNOTE 7.3). */
  readonly encryptedDirectory: boolean
}

const endBytes = 22
const maxComment = 0xffff
/** An end record with the longest comment, and the ZIP64 record and locator before it. */
export const zipEndBytes = endBytes + maxComment + 20 + 56
const endSignature = 0x06054b50
const locatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const headerSignature = 0x02014b50
/** The central directory may be encrypted or carry a digital signature or an extra data record. */
const directorySignatures = new Set([headerSignature, 0x05054b50, 0x08064b50])

interface Found {
  readonly at: number
  readonly view: DataView
}

/** Candidates from the end of the file backwards; the true one nearly always comes first. */
const candidates = (source: ByteSource): ReadonlyArray<Found> => {
  const length = Math.min(source.bytes, endBytes + maxComment)
  const start = source.bytes - length
  const tail = source.read(start, length)
  const view = viewOf(tail)
  const found: Array<Found> = []
  for (let at = tail.length - endBytes; at >= 0 && found.length < 64; at--) {
    if (tail[at] === 0x50 && view.getUint32(at, true) === endSignature) {
      found.push({ at: start + at, view: viewOf(tail.subarray(at, at + endBytes)) })
    }
  }
  return found
}

/** The ZIP64 record that belongs to an EOCD at `at`, found through its locator or directly before it. */
const findEnd64 = (source: ByteSource, at: number): Found | undefined => {
  const locator = source.read(at - 20, 20)
  if (locator.length < 20 || viewOf(locator).getUint32(0, true) !== locatorSignature) return undefined
  const stated = readSize64(viewOf(locator), 8)
  for (const position of [at - 20 - 56, stated]) {
    const record = source.read(position, 56)
    if (record.length === 56 && viewOf(record).getUint32(0, true) === end64Signature) {
      return { at: position, view: viewOf(record) }
    }
  }
  return undefined
}

/** Version 2 of the ZIP64 record names the algorithm that encrypts the directory, 18 bytes behind the fields of version 1. */
const hasEncryptedDirectory = (source: ByteSource, end64: Found | undefined): boolean => {
  if (end64 === undefined || readSize64(end64.view, 4) < 44 + 20) return false
  const algorithm = source.read(end64.at + 56 + 18, 2)
  return algorithm.length === 2 && viewOf(algorithm).getUint16(0, true) !== 0
}

const describe = (source: ByteSource, { at, view }: Found): ZipEnd => {
  const end64 = findEnd64(source, at)
  const endsAt = end64?.at ?? at
  const directoryBytes = end64 === undefined ? view.getUint32(12, true) : readSize64(end64.view, 40)
  const signature = source.read(endsAt - directoryBytes, 4)
  const directoryFound =
    directoryBytes === 0 || (signature.length === 4 && directorySignatures.has(viewOf(signature).getUint32(0, true)))
  return {
    disk: end64 === undefined ? view.getUint16(4, true) : end64.view.getUint32(16, true),
    directoryDisk: end64 === undefined ? view.getUint16(6, true) : end64.view.getUint32(20, true),
    directoryBytes,
    directoryOffset: end64 === undefined ? view.getUint32(16, true) : readSize64(end64.view, 48),
    endsAt,
    directoryFound,
    encryptedDirectory: hasEncryptedDirectory(source, end64),
    trailingBytes: source.bytes - at - endBytes - view.getUint16(20, true),
  }
}

/** Every end record that could be meant, the last one first: a comment may hold look-alikes. */
export const readZipEnds = (source: ByteSource): ReadonlyArray<ZipEnd> =>
  candidates(source).map((found) => describe(source, found))

/**
 * Finds the end record of a ZIP file, or undefined when there is none. A record whose directory is where it should be
 * is preferred to a later look-alike inside a comment.
 */
export const readZipEnd = (source: ByteSource): ZipEnd | undefined => {
  const described = readZipEnds(source)
  const fitting = described.filter((end) => end.trailingBytes >= 0)
  return fitting.find((end) => end.directoryFound || end.encryptedDirectory) ?? fitting[0] ?? described[0]
}
