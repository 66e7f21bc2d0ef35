/**
 * What of a set must be fetched to list it. A ZIP and a 7z have a directory at their end; the headers of a RAR and of a tar
 * lie between the files, so that those are needed as a whole.
 */

import { familyByContent } from "./completeness.ts"
import type { Peek } from "./early-look.ts"
import { readSevenZipStart, sevenZipPackedHeader, sevenZipStartBytes } from "./seven-zip-header.ts"
import { type ByteSource, joinedSource, type ReadAt } from "./volume-bytes.ts"
import type { Family } from "./volume-name.ts"
import { readZipEnd, zipEndBytes } from "./zip-end.ts"

type Volumes = ReadonlyArray<{ readonly bytes: number }>

/** Ranges that are to be fetched before more can be said; none: the listing needs no more. `all`: no part of it will do. */
export type ListingNeed = ReadonlyArray<Peek> | "all"

/** Enough for every magic number. */
const HEAD_BYTES = 4096
/** The directory of some hundred thousand files. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024

/** A range of the joined volumes, as ranges of each. */
const rangesOf = (volumes: Volumes, offset: number, bytes: number): ReadonlyArray<Peek> => {
  const ranges: Array<Peek> = []
  let start = 0
  for (const [volume, { bytes: size }] of volumes.entries()) {
    const from = Math.max(offset, start)
    const to = Math.min(offset + bytes, start + size)
    if (from < to) ranges.push({ volume, offset: from - start, bytes: to - from })
    start += size
  }
  return ranges
}

const isThere = (source: ByteSource, offset: number, bytes: number): boolean =>
  source.read(offset, bytes).length === Math.min(bytes, source.bytes - offset)

/** Undefined: the directory is not where one of this size can be. */
const zipDirectory = (source: ByteSource) => {
  const end = readZipEnd(source)
  if (end === undefined || end.directoryBytes > Math.min(MAX_DIRECTORY_BYTES, end.endsAt)) return undefined
  return { offset: end.endsAt - end.directoryBytes, bytes: end.directoryBytes }
}

const sevenZipDirectory = (source: ByteSource) => {
  const start = readSevenZipStart(source)
  if (start === undefined || !start.intact || start.totalBytes > source.bytes) return undefined
  if (start.headerBytes > MAX_DIRECTORY_BYTES) return undefined
  const header = { offset: start.headerOffset, bytes: start.headerBytes }
  if (!isThere(source, header.offset, header.bytes)) return header
  const packed = sevenZipPackedHeader(source.read(header.offset, header.bytes))
  if (packed === undefined) return header
  return packed.bytes > MAX_DIRECTORY_BYTES || packed.offset + packed.bytes > start.headerOffset ? undefined : packed
}

/**
 * What is still to be fetched of a set, whose volumes are in volume order. `readAt` gives what is there of a range: fewer bytes
 * where they have not been fetched. To be asked again with every answer fetched, at most four times.
 */
export const listingNeed = (family: Family, volumes: Volumes, readAt: ReadAt): ListingNeed => {
  const source = joinedSource(volumes, readAt)
  const wanted = (offset: number, bytes: number): ReadonlyArray<Peek> =>
    isThere(source, offset, bytes) ? [] : rangesOf(volumes, offset, bytes)
  const first = wanted(0, Math.min(HEAD_BYTES, source.bytes))
  if (family.startsWith("rar") || family.startsWith("tar") || family === "zip_spanned") return "all"
  if (first.length > 0) return first
  const real = familyByContent(family, volumes, readAt)
  if (real === "zip" || real === "zip_split") {
    const tail = Math.min(zipEndBytes, source.bytes)
    const end = wanted(source.bytes - tail, tail)
    if (end.length > 0) return end
    const directory = zipDirectory(source)
    return directory === undefined ? "all" : wanted(directory.offset, directory.bytes)
  }
  if (real !== "seven_z" && real !== "seven_z_split") return "all"
  if (source.bytes < sevenZipStartBytes) return "all"
  const directory = sevenZipDirectory(source)
  return directory === undefined ? "all" : wanted(directory.offset, directory.bytes)
}
