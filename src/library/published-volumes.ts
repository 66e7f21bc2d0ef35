/** Tells from the messages of a package how its volumes are put together: the way back of src/archive/parts.ts. */
import { type ArchiveType, type Family, groupArchiveSets } from "../archive/archive-set.ts"
import { defaultDocumentExtensions, recogniseName } from "../archive/volume-name.ts"

/** One volume, made of the parts with these places (from 0), joined in this order. */
export interface PublishedVolume {
  readonly name: string
  readonly parts: ReadonlyArray<number>
}

export interface PublishedSet {
  readonly family: Family
  readonly archiveType: ArchiveType
  /** In volume order. */
  readonly volumes: ReadonlyArray<PublishedVolume>
}

interface Part {
  readonly name: string
  readonly bytes: number
}

/** The family of a set whose names say nothing of their number, for what it is one of. */
const splitFamily: Readonly<Record<ArchiveType, Family>> = {
  ZIP: "zip_split",
  RAR: "rar_split",
  SEVEN_Z: "seven_z_split",
  DOCUMENT: "plain_split",
}

const extensionOf = (name: string): string => /\.([^.]{1,16})$/.exec(name)?.[1]?.toLowerCase() ?? ""

/** The one set that all these volumes make up; undefined when they make up several, or none. */
const setOf = (volumes: ReadonlyArray<PublishedVolume & { readonly bytes: number }>): PublishedSet | undefined => {
  const files = volumes.map(({ bytes, name }, index) => ({
    messageId: index + 1,
    date: 0,
    fileName: name,
    bytes,
    senderId: null,
    topicId: null,
    albumId: null,
    caption: "",
    index,
  }))
  const only = volumes.length === 1 ? [extensionOf(volumes[0]?.name ?? "")] : []
  const sets = groupArchiveSets(files, { documentExtensions: [...defaultDocumentExtensions, ...only] })
  const [set] = sets
  if (set === undefined || sets.length > 1 || set.volumes.length < volumes.length) return undefined
  const inOrder = set.volumes.flatMap(({ index }) => volumes[index] ?? [])
  return {
    family: set.family,
    archiveType: set.archiveType,
    volumes: inOrder.map(({ name, parts }) => ({ name, parts })),
  }
}

/** The predecessor joined all volumes and cut them anew: `x.concat.001`, `x.concat.002` ... (facts W-9). */
const concatenated = (parts: ReadonlyArray<Part>, archiveType: ArchiveType): PublishedSet | undefined => {
  const numbers = parts.map(({ name }) => Number(/\.concat\.(\d{3,5})$/i.exec(name)?.[1]))
  if (numbers.some((number) => !Number.isInteger(number))) return undefined
  const order = parts.map((_, index) => index).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0))
  return {
    family: splitFamily[archiveType],
    archiveType,
    volumes: order.map((index) => ({ name: parts[index]?.name ?? "", parts: [index] })),
  }
}

/** The pieces of a cut volume are numbered from 1 and follow each other. */
const pieceOf = (name: string) => {
  const [, stem, number] = /^(.+)\.(\d{3,5})$/.exec(name) ?? []
  return stem === undefined ? undefined : { stem, number: Number(number) }
}

/** Volumes that were cut into numbered pieces, put together again: `x.part1.rar.001` ... are one volume. */
const rejoined = (parts: ReadonlyArray<Part>): PublishedSet | undefined => {
  const volumes: Array<{ readonly name: string; readonly parts: Array<number>; bytes: number }> = []
  for (let index = 0; index < parts.length; ) {
    const { name = "" } = parts[index] ?? {}
    const first = pieceOf(name)
    let count = 1
    if (first?.number === 1) while (pieceOf(parts[index + count]?.name ?? "")?.stem === first.stem) count += 1
    const pieces = Array.from({ length: count }, (_, place) => index + place)
    volumes.push({
      name: count > 1 ? (first?.stem ?? name) : name,
      parts: pieces,
      bytes: pieces.reduce((sum, piece) => sum + (parts[piece]?.bytes ?? 0), 0),
    })
    index += count
  }
  return setOf(volumes)
}

/** Some volumes of a byte split were cut and others not: one after the other they are the content all the same. */
const joined = (parts: ReadonlyArray<Part>, archiveType: ArchiveType): PublishedSet | undefined => {
  const stems = new Set(parts.map(({ name }) => name.replace(/(?:\.\d{3,5})+$/, "")))
  const [stem = ""] = stems
  if (stems.size > 1 || parts.some(({ name }) => name === stem)) return undefined
  return {
    family: recogniseName(`${stem}.001`)?.family ?? splitFamily[archiveType],
    archiveType,
    volumes: parts.map(({ name }, index) => ({ name, parts: [index] })),
  }
}

/**
 * How the parts of a package (in the order of its messages) make up its set. Undefined: they do not fit each other, by their
 * names.
 */
export const publishedSet = (parts: ReadonlyArray<Part>, archiveType: ArchiveType): PublishedSet | undefined =>
  parts.length === 0
    ? undefined
    : (concatenated(parts, archiveType) ??
      setOf(parts.map((part, index) => ({ ...part, parts: [index] }))) ??
      rejoined(parts) ??
      joined(parts, archiveType))
