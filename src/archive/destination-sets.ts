/** What the documents of a destination are, when nothing else is left to say it. */
import { type ArchiveType, type Family, groupArchiveSets, type SourceFile } from "./archive-set.ts"
import { restoreVolumes } from "./restore-volumes.ts"
import { archiveTypeOf } from "./volume-name.ts"

/** A document of a destination; `tag`: what its caption says that it is (README, STASH_CAPTION_TAG). */
export interface DestinationDocument extends SourceFile {
  readonly tag: { readonly hashPrefix: string; readonly part: number; readonly of: number } | null
}

/** A content that lies in a destination. */
export interface DestinationSet {
  readonly name: string
  readonly family: Family
  readonly archiveType: ArchiveType
  /** The first digits of its content's SHA-256; null: its captions say nothing. */
  readonly hashPrefix: string | null
  /** In the order of the parts. */
  readonly messageIds: ReadonlyArray<number>
  readonly bytes: number
}

export interface DestinationContents {
  readonly sets: ReadonlyArray<DestinationSet>
  /** What is there in part: its name, and what it lacks. */
  readonly incomplete: ReadonlyArray<{ readonly name: string; readonly problem: string }>
}

const byTag = (documents: ReadonlyArray<DestinationDocument>) => {
  const copies = new Map<string, Map<number, DestinationDocument>>()
  for (const document of documents) {
    if (document.tag === null) continue
    const key = `${document.tag.hashPrefix}/${document.tag.of}`
    const parts = copies.get(key) ?? new Map<number, DestinationDocument>()
    copies.set(key, parts)
    // Of two copies of a part the first one is the library's; the other is one too many.
    if (!parts.has(document.tag.part)) parts.set(document.tag.part, document)
  }
  return [...copies.values()]
}

const taggedSet = (parts: ReadonlyMap<number, DestinationDocument>): DestinationSet | string => {
  const inOrder = [...parts.values()].sort((a, b) => (a.tag?.part ?? 0) - (b.tag?.part ?? 0))
  const [first] = inOrder
  const of = first?.tag?.of ?? 0
  const lacking = Array.from({ length: of }, (_, index) => index + 1).filter((part) => !parts.has(part))
  if (lacking.length > 0) return `part ${lacking.slice(0, 10).join(", ")} of ${of} is missing`
  const restored = restoreVolumes(inOrder.map(({ bytes, fileName }) => ({ name: fileName, bytes })))
  const family = restored?.family ?? "document"
  return {
    name: restored?.name ?? first?.fileName ?? "",
    family,
    archiveType: archiveTypeOf(family),
    hashPrefix: first?.tag?.hashPrefix ?? null,
    messageIds: inOrder.map(({ messageId }) => messageId),
    bytes: inOrder.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/**
 * Puts the documents of a destination together: by their tags, which are certain, and the others by name, order and size, as those of
 * a source.
 */
export const destinationSets = (documents: ReadonlyArray<DestinationDocument>): DestinationContents => {
  const sets: Array<DestinationSet> = []
  const incomplete: Array<{ name: string; problem: string }> = []
  for (const parts of byTag(documents)) {
    const set = taggedSet(parts)
    if (typeof set !== "string") sets.push(set)
    else incomplete.push({ name: [...parts.values()][0]?.fileName ?? "", problem: set })
  }
  for (const set of groupArchiveSets(documents.filter(({ tag }) => tag === null))) {
    if (set.state !== "complete") {
      incomplete.push({ name: set.name, problem: set.problem })
      continue
    }
    const { archiveType, bytes, family, name } = set
    sets.push({
      ...{ name, family, archiveType, bytes, hashPrefix: null },
      messageIds: set.volumes.map(({ messageId }) => messageId),
    })
  }
  return {
    sets: sets.sort((a, b) => (a.messageIds[0] ?? 0) - (b.messageIds[0] ?? 0)),
    incomplete,
  }
}
