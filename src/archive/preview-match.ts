/** Finds the photo in the chat that shows an archive. */
import type { ArchiveSet, SourceFile } from "./archive-set.ts"

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

/** Words only: lower case, no archive or volume extensions, separators as single spaces. */
const normalise = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replace(/(?:\.(?:zip|zipx|rar|7z|tar|gz|bz2|xz|zst|part\d+|[rz]\d\d|\d{2,5}|pdf|stl|obj|3mf|cbz|cbr))+\s*$/, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()

const nearestFirst =
  (set: ArchiveSet<SourceFile>) =>
  (a: SourcePhoto, b: SourcePhoto): number =>
    Math.abs(a.messageId - set.firstMessageId) - Math.abs(b.messageId - set.firstMessageId)

/**
 * The photo that belongs to a set, or undefined. In this order:
 * 1. a photo of the same album, or one that a volume's sender posted as an answer to a volume;
 * 2. a photo within six hours whose caption's first line, or whole caption, equals the set's name once both are
 *    reduced to their words;
 * 3. the photo right before the set, by the same sender in the same topic, at most ten minutes earlier. It shows what
 *    comes next, so neither another photo nor the beginning of another set may lie between.
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
  const nearby = photos
    .filter((photo) => photo.date >= earliest - windowSeconds && photo.date <= latest + windowSeconds)
    .filter((photo) => photo.topicId === firstVolume.topicId)
    .sort(nearestFirst(set))

  const volumeIds = new Set(set.volumes.map((volume) => volume.messageId))
  const albumIds = new Set(set.volumes.flatMap((volume) => (volume.albumId === null ? [] : [volume.albumId])))
  const attached = nearby.find(
    (photo) =>
      (photo.albumId !== null && albumIds.has(photo.albumId)) ||
      (photo.senderId === firstVolume.senderId && volumeIds.has(photo.replyToMessageId ?? Number.NaN)),
  )
  if (attached !== undefined) return attached

  const wanted = normalise(set.name)
  const named = nearby.find((photo) => {
    const [firstLine = ""] = photo.caption.split("\n", 1)
    return wanted !== "" && (normalise(photo.caption) === wanted || normalise(firstLine) === wanted)
  })
  if (named !== undefined) return named

  const before = nearby
    .filter((photo) => photo.messageId < set.firstMessageId)
    .sort((a, b) => b.messageId - a.messageId)
    .at(0)
  const isAdjacent =
    before !== undefined &&
    before.senderId === firstVolume.senderId &&
    firstVolume.date - before.date <= adjacentSeconds &&
    !setStarts.some((start) => start > before.messageId && start < set.firstMessageId)
  return isAdjacent ? before : undefined
}
