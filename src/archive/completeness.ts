/** Proves from headers that a set is complete, where its format allows it; reads headers only. */
import { type Format, formatOf, nameOfFormat } from "./magic.ts"
import { maxRarBlocks, type RarVolume, readRarVolume } from "./rar-headers.ts"
import { readSevenZipEnd, readSevenZipStart, type SevenZipStart } from "./seven-zip-header.ts"
import { type ByteSource, joinedSource, type ReadAt, volumeSource } from "./volume-bytes.ts"
import type { Family } from "./volume-name.ts"
import { readZipEnd, type ZipEnd } from "./zip-end.ts"

export type { ReadAt } from "./volume-bytes.ts"

/**
 * What the headers say of a set.
 * - `complete`: proven.
 * - `complete_by_name`: the format has no proof at its ends; nothing speaks against it.
 * - `incomplete`: bytes or volumes are missing.
 * - `damaged`: the headers contradict themselves or each other; more volumes would not mend it.
 * - `renamed`: the first bytes are those of another format than the name says.
 */
export interface Completeness {
  readonly state: "complete" | "complete_by_name" | "incomplete" | "damaged" | "renamed"
  /** One sentence for an operator; empty when there is nothing to say. */
  readonly detail: string
  /** The list of names is encrypted, so that the format's own proof is out of reach. */
  readonly encryptedHeaders?: boolean
}

type Volumes = ReadonlyArray<{ readonly bytes: number }>

const complete: Completeness = { state: "complete", detail: "" }
const byName = (detail: string): Completeness => ({ state: "complete_by_name", detail })
const incomplete = (detail: string): Completeness => ({ state: "incomplete", detail })
const damaged = (detail: string): Completeness => ({ state: "damaged", detail })
const volumeCount = (count: number): string => (count === 1 ? "1 volume" : `${count} volumes`)

/** What the end record of a ZIP says of it, but for whether its directory is where it says. */
export const checkZipEnd = (end: ZipEnd | undefined, isSplit: boolean): Completeness => {
  if (end === undefined) return incomplete("The end of the ZIP file is missing.")
  if (end.disk > 0) return incomplete(`This is the last of ${volumeCount(end.disk + 1)} of a spanned ZIP file.`)
  if (end.trailingBytes < 0) return incomplete("The ZIP file ends within its comment.")
  const absent = end.directoryOffset + end.directoryBytes - end.endsAt
  if (absent <= 0) return complete
  const detail = `The directory of the ZIP file is ${absent} bytes before where it should be.`
  return isSplit ? incomplete(detail) : damaged(detail)
}

const checkZip = (source: ByteSource, isSplit: boolean): Completeness => {
  const end = readZipEnd(source)
  const byEnd = checkZipEnd(end, isSplit)
  if (end === undefined || byEnd.state !== "complete") return byEnd
  if (end.encryptedDirectory) return { ...complete, encryptedHeaders: true }
  return end.directoryFound ? complete : damaged("The directory of the ZIP file is not where its end record says.")
}

/** What the end record in the .zip of a spanned ZIP says of `count` volumes. */
export const checkSpannedEnd = (end: ZipEnd | undefined, count: number): Completeness => {
  if (end === undefined) return incomplete("The last volume has no end record.")
  const expected = end.disk + 1
  if (expected > count) return incomplete(`${volumeCount(count)} of ${expected} are there.`)
  if (expected < count) {
    const claim = expected === 1 ? "that it stands alone" : `that there are ${volumeCount(expected)}`
    return damaged(`The .zip says ${claim}, but ${count} are here.`)
  }
  if (end.trailingBytes < 0) return incomplete("The last volume ends within its comment.")
  return complete
}

/** What the start header of a 7z says of its volumes, whose sizes alone are looked at. */
export const checkSevenZipStart = (start: SevenZipStart | undefined, volumes: Volumes): Completeness => {
  if (start === undefined) return incomplete("There are fewer bytes than a 7z start header has.")
  if (start.unfinished) return damaged("The 7z file was never finished by its packer.")
  if (!start.intact) return damaged("The checksum of the 7z start header is wrong.")
  const bytes = volumes.reduce((sum, volume) => sum + volume.bytes, 0)
  if (bytes < start.totalBytes)
    return incomplete(`${start.totalBytes - bytes} of ${start.totalBytes} bytes are missing.`)
  const lastBytes = volumes.at(-1)?.bytes ?? 0
  if (volumes.length > 1 && bytes - start.totalBytes >= lastBytes) {
    return damaged("The last volume does not belong to this 7z file, which ends before it.")
  }
  return complete
}

const checkSevenZip = (source: ByteSource, volumes: Volumes): Completeness => {
  const start = readSevenZipStart(source)
  const byStart = checkSevenZipStart(start, volumes)
  if (start === undefined || byStart.state !== "complete") return byStart
  const end = readSevenZipEnd(source, start)
  if (!end.intact) return damaged("The checksum of the 7z header is wrong.")
  return end.encryptedHeaders ? { ...complete, encryptedHeaders: true } : complete
}

const checkRarVolume = (volume: RarVolume, label: string): Completeness | undefined => {
  if (volume.truncated) return incomplete(`${label} ends before its last block does.`)
  if (volume.damaged) return damaged(`A header of ${label} is damaged.`)
  return undefined
}

const encryptedByName: Completeness = {
  ...byName("The names are encrypted, and with them the mark of the last volume."),
  encryptedHeaders: true,
}

/** RAR5 always writes an end block; RAR before 3.0 never did, so there its absence proves nothing. */
const checkRarEnd = (volume: RarVolume): Completeness => {
  if (volume.end !== "absent") return complete
  if (volume.version === 5) return incomplete("The end block of the RAR file is missing.")
  return byName("The RAR file has no end block, as those of old versions.")
}

/** One archive in one run of bytes: a single .rar, or a byte split of one. */
const checkRar = (source: ByteSource): Completeness => {
  const volume = readRarVolume(source)
  if (volume === undefined) return damaged("There is no RAR mark.")
  const fault = checkRarVolume(volume, "the RAR file")
  if (fault !== undefined) return fault
  if (volume.encryptedHeaders) return encryptedByName
  if (volume.end === "not_last" || volume.splitAfter) return incomplete("More volumes of this RAR file follow.")
  if (volume.splitBefore || (volume.volumeNumber ?? 0) > 0) return incomplete("This is not the first volume.")
  if (volume.unfinished) return byName("The RAR file has too many blocks to walk them all.")
  return checkRarEnd(volume)
}

/** The detail of RAR volumes whose last one, of `count`, is not the last of the set. */
export const anotherFollows = (count: number): string =>
  `Volume ${count + 1} is missing: volume ${count} says that another one follows.`

const checkRarVolumes = (volumes: Volumes, readAt: ReadAt): Completeness => {
  let encrypted = false
  let blocksLeft = maxRarBlocks
  for (const [index] of volumes.entries()) {
    const label = `volume ${index + 1}`
    const volume = readRarVolume(volumeSource(volumes, readAt, index), blocksLeft)
    blocksLeft -= volume?.blocks ?? 0
    if (volume === undefined) return damaged(`${label} has no RAR mark.`)
    const fault = checkRarVolume(volume, label)
    if (fault !== undefined) return fault
    if (volume.encryptedHeaders) {
      encrypted = true
      continue
    }
    const isLast = index === volumes.length - 1
    if (!volume.isVolume && volumes.length > 1) return damaged(`${label} is a RAR archive by itself.`)
    if (volume.volumeNumber !== undefined && volume.volumeNumber !== index && (volume.isVolume || index > 0)) {
      return damaged(`${label} says that it is volume ${volume.volumeNumber + 1}.`)
    }
    if (index === 0 && volume.splitBefore) return incomplete("The first volume is missing.")
    const more = volume.end === "not_last" || (volume.end === "absent" && volume.splitAfter)
    if (isLast && more) return incomplete(anotherFollows(volumes.length))
    if (!isLast && volume.end === "last") return damaged(`${label} says that it is the last one.`)
    if (isLast && volume.unfinished) return byName("The last volume has too many blocks to walk them all.")
    if (isLast && !encrypted) return checkRarEnd(volume)
  }
  return encrypted ? encryptedByName : complete
}

/** The detail of a set whose content is of another format than its name says. */
export const renamedDetail = (format: Format): string => `The content is ${nameOfFormat(format)}, unlike the name.`

/** The formats that a family's first volume may begin with; undefined when any will do. */
export const expectedFormats: Record<Family, ReadonlyArray<Format> | undefined> = {
  zip: ["zip"],
  zip_spanned: ["zip"],
  zip_split: ["zip"],
  rar: ["rar"],
  rar_parts: ["rar"],
  rar_old: ["rar"],
  rar_split: ["rar"],
  seven_z: ["seven_z"],
  seven_z_split: ["seven_z"],
  // brotli and LZMA streams have no magic number, and old tars have nothing but a checksum
  tar: ["tar", "gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma", "compress", "other"],
  tar_split: ["tar", "gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma", "compress", "other"],
  plain_split: undefined,
  document: undefined,
}

/** A program in front is fine where the archive's own end (ZIP) or mark (RAR) is found behind it. */
const hasArchiveInside = (family: Family, source: ByteSource, last: ByteSource): boolean => {
  if (family.startsWith("zip")) return readZipEnd(last)?.directoryFound === true
  return family.startsWith("rar") && readRarVolume(source) !== undefined
}

/** The family of single runs of bytes in which a plain split's content is checked. */
const innerFamilies: Partial<Record<Format, Family>> = { zip: "zip_split", rar: "rar_split", seven_z: "seven_z_split" }

/** The family that a set with this first volume really is: a plain split is what its first bytes say. */
export const familyByContent = (family: Family, volumes: Volumes, readAt: ReadAt): Family =>
  family === "plain_split" ? (innerFamilies[formatOf(volumeSource(volumes, readAt, 0))] ?? family) : family

/**
 * Checks a set whose volumes are in volume order. `readAt` may throw; nothing here catches it.
 *
 * Reads O(headers): the last 64 KiB of a ZIP, 32 bytes and the header of a 7z, one small read per block of a RAR.
 */
export const checkCompleteness = (family: Family, volumes: Volumes, readAt: ReadAt): Completeness => {
  if (volumes.length === 0) return incomplete("There are no volumes.")
  if (family === "document") return complete
  const first = volumeSource(volumes, readAt, 0)
  const joined = joinedSource(volumes, readAt)
  if (joined.bytes === 0) return damaged("The file is empty.")
  const real = familyByContent(family, volumes, readAt)
  const format = formatOf(first)
  const expected = expectedFormats[real]
  if (expected !== undefined && !expected.includes(format)) {
    const last = real === "zip_spanned" ? volumeSource(volumes, readAt, volumes.length - 1) : joined
    if (!hasArchiveInside(real, first, last)) {
      return { state: "renamed", detail: renamedDetail(format) }
    }
  }
  switch (real) {
    case "zip":
    case "zip_split":
      return checkZip(joined, real === "zip_split")
    case "zip_spanned":
      return checkSpannedEnd(readZipEnd(volumeSource(volumes, readAt, volumes.length - 1)), volumes.length)
    case "seven_z":
    case "seven_z_split":
      return checkSevenZip(joined, volumes)
    case "rar":
    case "rar_split":
      return checkRar(joined)
    case "rar_parts":
    case "rar_old":
      return checkRarVolumes(volumes, readAt)
    default:
      return byName("The format does not say where it ends.")
  }
}
