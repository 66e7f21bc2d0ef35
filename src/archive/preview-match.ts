/** Finds the photo in the chat that shows an archive. */
import type { ArchiveSet, SourceFile } from "./archive-set.ts"
import { plainText, similarity } from "./name-words.ts"

/** A photo message; `date` in unix seconds, `replyToMessageId` null when it answers nothing. */
export interface SourcePhoto {
  readonly messageId: number
  readonly date: number
  readonly senderId: string | null
  readonly topicId: number | null
  readonly albumId: string | null
  readonly caption: string
  readonly replyToMessageId?: number | null
}

const windowSeconds = 6 * 3600
const adjacentSeconds = 10 * 60
/** Four words of six, say. */
const alikeEnough = 0.6

const nearestFirst =
  (set: ArchiveSet<SourceFile>) =>
  (a: SourcePhoto, b: SourcePhoto): number =>
    Math.abs(a.messageId - set.firstMessageId) - Math.abs(b.messageId - set.firstMessageId)

/** How well a caption names a set, 0 to 1: by all of it, or by its first line. */
const likeness = (name: string, caption: string): number => {
  const [firstLine = ""] = caption.split("\n", 1)
  const wanted = plainText(name)
  if (wanted !== "" && (plainText(caption) === wanted || plainText(firstLine) === wanted)) return 1
  return Math.max(similarity(name, caption), similarity(name, firstLine))
}

/**
 * The photo that belongs to a set, or undefined. In this order:
 * 1. a photo of the same album, one that a volume answers, or one that a volume's sender posted as an answer to a volume;
 * 2. a photo within six hours whose caption's first line, or whole caption, names the set: the same words, or most of
 *    them; the one that names it best, then the nearest;
 * 3. the photo right before the set, by the same sender in the same topic, at most ten minutes earlier. It shows what
 *    comes next, so neither another photo nor the beginning of another set may lie between; of an album, its first.
 *
 * `photos` should hold the photos around the set, `setStarts` the first message ids of all sets around it.
 */
export const matchPreview = <P extends SourcePhoto>(
  set: ArchiveSet<SourceFile>,
  photos: ReadonlyArray<P>,
  setStarts: ReadonlyArray<number> = [],
): P | undefined => {
  const dates = set.volumes.map((volume) => volume.date)
  const earliest = Math.min(...dates)
  const latest = Math.max(...dates)
  const [firstVolume] = [...set.volumes].sort((a, b) => a.messageId - b.messageId)
  if (firstVolume === undefined) return undefined
  const nearest = [...photos].sort(nearestFirst(set))

  const volumeIds = new Set(set.volumes.map((volume) => volume.messageId))
  const answeredIds = new Set(set.volumes.flatMap(({ replyToMessageId }) => replyToMessageId ?? []))
  const albumIds = new Set(set.volumes.flatMap((volume) => (volume.albumId === null ? [] : [volume.albumId])))
  const attached = nearest.find(
    (photo) =>
      (photo.albumId !== null && albumIds.has(photo.albumId)) ||
      answeredIds.has(photo.messageId) ||
      (photo.senderId === firstVolume.senderId && volumeIds.has(photo.replyToMessageId ?? Number.NaN)),
  )
  if (attached !== undefined) return attached

  const nearby = nearest
    .filter((photo) => photo.date >= earliest - windowSeconds && photo.date <= latest + windowSeconds)
    .filter((photo) => photo.topicId === firstVolume.topicId)
  let named: { readonly photo: P; readonly likeness: number } | undefined
  for (const photo of nearby) {
    const found = likeness(set.name, photo.caption)
    if (found >= alikeEnough && found > (named?.likeness ?? 0)) named = { photo, likeness: found }
  }
  if (named !== undefined) return named.photo

  const before = nearby
    .filter((photo) => photo.messageId < set.firstMessageId)
    .sort((a, b) => b.messageId - a.messageId)
    .at(0)
  const isAdjacent =
    before !== undefined &&
    before.senderId === firstVolume.senderId &&
    firstVolume.date - before.date <= adjacentSeconds &&
    !setStarts.some((start) => start > before.messageId && start < set.firstMessageId)
  if (!isAdjacent) return undefined
  const album = nearby.filter(({ albumId }) => albumId !== null && albumId === before.albumId)
  return album.sort((a, b) => a.messageId - b.messageId).at(0) ?? before
}
