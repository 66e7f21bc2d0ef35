/** What the parts in a destination are volumes of: the way back from parts.ts. */
import { type ArchiveSet, type Family, groupArchiveSets, type SourceFile } from "./archive-set.ts"

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

const wholeSet = (volumes: ReadonlyArray<RestoredVolume>): RestoredSet | undefined => {
  const sets = groupArchiveSets(volumes.map(pieceOf))
  const [set] = sets
  if (set === undefined || sets.length > 1 || set.volumes.length !== volumes.length) return undefined
  const restored = set.volumes.map(({ bytes, name, parts }) => ({ bytes, name, parts }))
  return { name: set.name, family: set.family, volumes: restored }
}

const splitFamilies: ReadonlySet<Family> = new Set([
  "zip_split",
  "rar_split",
  "seven_z_split",
  "tar_split",
  "plain_split",
])

const joined = (set: ArchiveSet<Piece>): RestoredVolume => ({
  name: set.name,
  bytes: set.bytes,
  parts: set.volumes.flatMap(({ parts }) => parts),
})

/**
 * The set that a package's parts are, in the order of its messages; undefined when the names make no set. Volumes that were
 * cut for their size are joined again where that is needed: a single volume's pieces are a set of their own as they are.
 */
export const restoreVolumes = (parts: ReadonlyArray<SentPart>): RestoredSet | undefined => {
  const volumes = parts.map(({ bytes, name }, index) => ({ bytes, name, parts: [index] }))
  const asTheyAre = wholeSet(volumes)
  if (asTheyAre !== undefined) return asTheyAre
  const sets = groupArchiveSets(volumes.map(pieceOf))
  const together = sets.flatMap((set) =>
    splitFamilies.has(set.family)
      ? [joined(set)]
      : set.volumes.map(({ bytes, name, parts }) => ({ bytes, name, parts })),
  )
  return wholeSet(together.sort((a, b) => (a.parts[0] ?? 0) - (b.parts[0] ?? 0)))
}
