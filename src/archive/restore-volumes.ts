/** What the parts in a destination are volumes of: the way back from parts.ts, and from how the former worker cut. */
import { type ArchiveType, type Family, groupArchiveSets, type SourceFile } from "./archive-set.ts"
import { archiveTypeOf, defaultDocumentExtensions, recogniseName } from "./volume-name.ts"

/** A message of the destination, as it is named there. */
export interface SentPart {
  readonly name: string
  readonly bytes: number
}

/** A volume, and the indexes of the parts that it is joined of, in their order. */
export interface RestoredVolume {
  readonly name: string
  readonly bytes: number
  readonly parts: ReadonlyArray<number>
}

export interface RestoredSet {
  readonly name: string
  readonly family: Family
  readonly archiveType: ArchiveType
  /** In volume order. */
  readonly volumes: ReadonlyArray<RestoredVolume>
}

/** A volume on its way back: `messageId` is its place. */
interface Piece extends SourceFile, RestoredVolume {}

const pieceOf = ({ bytes, name, parts }: RestoredVolume, place: number): Piece => ({
  name,
  bytes,
  parts,
  fileName: name,
  messageId: place + 1,
  date: 0,
  senderId: null,
  topicId: null,
  albumId: null,
  caption: "",
})

const extensionOf = (name: string): string => /\.([^.]{1,16})$/.exec(name)?.[1]?.toLowerCase() ?? ""

/** The one set that all these volumes make up; undefined when they make up several, or none. */
const wholeSet = (volumes: ReadonlyArray<RestoredVolume>): RestoredSet | undefined => {
  // What stands alone was published by somebody's wish, whatever it is.
  const only = volumes.length === 1 ? [extensionOf(volumes[0]?.name ?? "")] : []
  const sets = groupArchiveSets(volumes.map(pieceOf), { documentExtensions: [...defaultDocumentExtensions, ...only] })
  const [set] = sets
  if (set === undefined || sets.length > 1 || set.volumes.length < volumes.length) return undefined
  const { archiveType, family, name } = set
  return { name, family, archiveType, volumes: set.volumes.map(({ bytes, name, parts }) => ({ name, bytes, parts })) }
}

/** The family of a set whose names say nothing of what is split, for what it is one of. */
const splitFamily: Readonly<Record<ArchiveType, Family>> = {
  ZIP: "zip_split",
  RAR: "rar_split",
  SEVEN_Z: "seven_z_split",
  DOCUMENT: "plain_split",
}

const alone = ({ bytes, name }: SentPart, index: number): RestoredVolume => ({ name, bytes, parts: [index] })

/** The former worker joined all volumes and cut them anew: `x.concat.001`, `x.concat.002` ... (facts W-9). */
const concatenated = (parts: ReadonlyArray<SentPart>, archiveType: ArchiveType): RestoredSet | undefined => {
  const numbers = parts.map(({ name }) => Number(/\.concat\.(\d{3,5})$/i.exec(name)?.[1]))
  if (numbers.some((number) => !Number.isInteger(number))) return undefined
  const inOrder = parts.map(alone).sort((a, b) => (numbers[a.parts[0] ?? 0] ?? 0) - (numbers[b.parts[0] ?? 0] ?? 0))
  return { name: inOrder[0]?.name ?? "", family: splitFamily[archiveType], archiveType, volumes: inOrder }
}

/** The pieces of a cut volume are numbered from 1 and follow each other. */
const numberedPiece = (name: string) => {
  const [, stem, number] = /^(.+)\.(\d{3,5})$/.exec(name) ?? []
  return stem === undefined ? undefined : { stem, number: Number(number) }
}

/** Volumes that were cut into numbered pieces, put together again: `x.part1.rar.001` ... are one volume. */
const rejoined = (parts: ReadonlyArray<SentPart>): RestoredSet | undefined => {
  const volumes: Array<RestoredVolume> = []
  for (let index = 0; index < parts.length; ) {
    const first = numberedPiece(parts[index]?.name ?? "")
    const follows = (count: number): boolean => {
      const next = numberedPiece(parts[index + count]?.name ?? "")
      return next?.stem === first?.stem && next?.number === count + 1
    }
    let count = 1
    if (first?.number === 1) while (follows(count)) count += 1
    const pieces = parts.slice(index, index + count)
    volumes.push({
      name: count > 1 ? (first?.stem ?? "") : (parts[index]?.name ?? ""),
      bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
      parts: pieces.map((_, place) => index + place),
    })
    index += count
  }
  return wholeSet(volumes)
}

/** Some volumes of a byte split were cut and others not: one after the other they are the content all the same. */
const joined = (parts: ReadonlyArray<SentPart>, archiveType: ArchiveType | null): RestoredSet | undefined => {
  const stems = new Set(parts.map(({ name }) => name.replace(/(?:\.\d{3,5})+$/, "")))
  const [stem = ""] = stems
  if (stems.size > 1 || parts.some(({ name }) => name === stem)) return undefined
  const family = recogniseName(`${stem}.001`)?.family ?? splitFamily[archiveType ?? "DOCUMENT"]
  return { name: stem, family, archiveType: archiveType ?? archiveTypeOf(family), volumes: parts.map(alone) }
}

/**
 * The set that a package's parts are, given in the order of its messages; undefined when their names make none. Volumes that
 * were cut for their size are joined again where that is needed: a single volume's pieces are a set of their own as they are.
 * `archiveType`: the package's, if it is known.
 */
export const restoreVolumes = (
  parts: ReadonlyArray<SentPart>,
  archiveType: ArchiveType | null = null,
): RestoredSet | undefined => {
  if (parts.length === 0) return undefined
  return (
    concatenated(parts, archiveType ?? "DOCUMENT") ??
    wholeSet(parts.map(alone)) ??
    rejoined(parts) ??
    joined(parts, archiveType)
  )
}
