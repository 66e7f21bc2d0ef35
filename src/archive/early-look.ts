/**
 * What the first bytes of a set, and its last ones, prove before the rest has been downloaded.
 *
 * | family                  | what is looked at                   | what it can prove                                      |
 * | ----------------------- | ----------------------------------- | ------------------------------------------------------ |
 * | 7z, and byte splits     | the start header                    | the exact size of the whole                            |
 * | zip, and byte splits    | the end record                      | where it should stand, and so how much is missing      |
 * | spanned zip             | the end record of the .zip          | the number of volumes                                  |
 * | RAR, and RAR volumes    | the first headers and the end block | whether this is the first volume, and another follows  |
 * | all with a magic number | the first bytes                     | that the content is not what the name says             |
 *
 * Nothing here proves that a set is undamaged: that needs all of it (completeness.ts).
 */
import {
  anotherFollows,
  type Completeness,
  checkSevenZipStart,
  checkSpannedEnd,
  checkZipEnd,
  expectedFormats,
  familyByContent,
  renamedDetail,
} from "./completeness.ts"
import { formatOf } from "./magic.ts"
import { rarEndBytes, readRarEnd } from "./rar-end.ts"
import { readRarVolume } from "./rar-headers.ts"
import { readSevenZipStart } from "./seven-zip-header.ts"
import { type ByteSource, joinedSource, type ReadAt, volumeSource } from "./volume-bytes.ts"
import type { Family } from "./volume-name.ts"
import { readZipEnds, zipEndBytes } from "./zip-end.ts"

/** A range of a volume that is to be fetched first. Volumes count from 0. */
export interface Peek {
  readonly volume: number
  readonly offset: number
  readonly bytes: number
}

/**
 * - `whole`: as many bytes and volumes are there as the format says.
 * - `unknown`: nothing is proven; the set has to be downloaded.
 * - `incomplete`, `damaged`, `renamed`: as `checkCompleteness` would say of the whole set.
 */
export interface EarlyVerdict {
  readonly state: "whole" | "unknown" | "incomplete" | "damaged" | "renamed"
  /** One sentence for an operator; empty when there is nothing to say. */
  readonly detail: string
}

type Volumes = ReadonlyArray<{ readonly bytes: number }>

const whole: EarlyVerdict = { state: "whole", detail: "" }
const unknown: EarlyVerdict = { state: "unknown", detail: "" }
const incomplete = (detail: string): EarlyVerdict => ({ state: "incomplete", detail })
const damaged = (detail: string): EarlyVerdict => ({ state: "damaged", detail })

/** Enough for every magic number (512 bytes, of a tar) and for a RAR's first headers. */
const headBytes = 4096

/** Longer tails than a few volumes are not looked at: such volumes are tiny, and soon all there. */
const maxTailVolumes = 4

const tailBytesOf = (family: Family): number => {
  if (family.startsWith("zip") || family === "plain_split") return zipEndBytes
  return family.startsWith("rar") ? rarEndBytes : 0
}

/** The last `wanted` bytes of the volumes joined, or of the last volume alone where it is a file by itself. */
const tailPeeks = (family: Family, volumes: Volumes, wanted: number): ReadonlyArray<Peek> => {
  const isJoined = family === "zip_split" || family === "plain_split"
  const peeks: Array<Peek> = []
  let left = wanted
  for (let volume = volumes.length - 1; volume >= 0 && left > 0 && peeks.length < maxTailVolumes; volume--) {
    const bytes = Math.min(left, volumes[volume]?.bytes ?? 0)
    peeks.push({ volume, offset: (volumes[volume]?.bytes ?? 0) - bytes, bytes })
    left -= bytes
    if (!isJoined) break
  }
  return peeks
}

/** The ranges that `lookEarly` wants to see of a set, whose volumes are in volume order: at most 5, of 70 KB together. */
export const peeksOf = (family: Family, volumes: Volumes): ReadonlyArray<Peek> => {
  if (family === "document") return []
  const head: Peek = { volume: 0, offset: 0, bytes: Math.min(volumes[0]?.bytes ?? 0, headBytes) }
  return [head, ...tailPeeks(family, volumes, tailBytesOf(family))].filter(({ bytes }) => bytes > 0)
}

/** All of the first (or last) `bytes` bytes have been fetched. */
const hasHead = (source: ByteSource, bytes: number): boolean => {
  const wanted = Math.min(source.bytes, bytes)
  return source.read(0, wanted).length === wanted
}
const hasTail = (source: ByteSource, bytes: number): boolean => {
  const wanted = Math.min(source.bytes, bytes)
  return source.read(source.bytes - wanted, wanted).length === wanted
}

const verdictOf = ({ detail, state }: Completeness): EarlyVerdict =>
  state === "complete" || state === "complete_by_name" ? whole : { state, detail }

/** A field that is full of ones refers to a ZIP64 record, which was not among the bytes that were seen. */
const refersElsewhere = (end: { disk: number; directoryOffset: number; directoryBytes: number }): boolean =>
  end.disk === 0xffff || end.directoryOffset === 0xffffffff || end.directoryBytes === 0xffffffff

const lookAtZip = (family: Family, last: ByteSource, joined: ByteSource, count: number): EarlyVerdict => {
  const source = family === "zip_spanned" ? last : joined
  if (!hasTail(source, zipEndBytes)) return unknown
  const ends = readZipEnds(source)
  const [end] = ends
  // Which of several is meant is told by the directory, which is not here yet.
  if (ends.length > 1 || (end !== undefined && refersElsewhere(end))) return unknown
  return verdictOf(family === "zip_spanned" ? checkSpannedEnd(end, count) : checkZipEnd(end, family === "zip_split"))
}

const lookAtRar = (family: Family, first: ByteSource, last: ByteSource, count: number): EarlyVerdict => {
  const head = readRarVolume(first)
  if (head === undefined || head.encryptedHeaders || head.blocks === 0) return unknown
  const isOne = family === "rar" || family === "rar_split"
  if (!isOne && count > 1 && !head.isVolume) return damaged("volume 1 is a RAR archive by itself.")
  const place = head.volumeNumber ?? 0
  if (place > 0 || head.splitBefore)
    return !isOne && place > 0
      ? damaged(`volume 1 says that it is volume ${place + 1}.`)
      : incomplete("This is not the first volume.")
  const end = readRarEnd(last, head.version)
  if (end === undefined) return unknown
  if (end === "last") return whole
  return incomplete(isOne ? "More volumes of this RAR file follow." : anotherFollows(count))
}

/**
 * Judges a set by the ranges of `peeksOf`. `readAt` gives what is there of a range: fewer bytes, or none, where they have
 * not been fetched. Whatever the bytes are, the answer comes from at most a few reads of them.
 */
export const lookEarly = (family: Family, volumes: Volumes, readAt: ReadAt): EarlyVerdict => {
  if (volumes.length === 0 || family === "document") return unknown
  const first = volumeSource(volumes, readAt, 0)
  const last = volumeSource(volumes, readAt, volumes.length - 1)
  const joined = joinedSource(volumes, readAt)
  if (first.bytes === 0 || !hasHead(first, headBytes)) return unknown
  const real = familyByContent(family, volumes, readAt)
  const format = formatOf(first)
  const expected = expectedFormats[real]
  if (expected !== undefined && !expected.includes(format)) {
    // A program may stand in front of an archive, and anything in front of a ZIP.
    if (format === "exe") return unknown
    const end = real === "zip_spanned" ? last : joined
    if (!real.startsWith("zip") || (hasTail(end, zipEndBytes) && readZipEnds(end).length === 0))
      return { state: "renamed", detail: renamedDetail(format) }
    const byEnd = lookAtZip(real, last, joined, volumes.length)
    return byEnd.state === "incomplete" ? byEnd : unknown
  }
  switch (real) {
    case "zip":
    case "zip_split":
    case "zip_spanned":
      return lookAtZip(real, last, joined, volumes.length)
    case "seven_z":
    case "seven_z_split": {
      const start = readSevenZipStart(first)
      return start === undefined ? unknown : verdictOf(checkSevenZipStart(start, volumes))
    }
    case "rar":
    case "rar_split":
    case "rar_parts":
    case "rar_old":
      return lookAtRar(real, first, last, volumes.length)
    default:
      return unknown
  }
}
