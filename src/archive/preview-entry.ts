/** Chooses the images inside an archive that show best what it holds. */
import type { ArchiveEntry } from "./listing.ts"

const maxBytes = 2 * 1024 * 1024
const imageExtensions = new Set(["jpg", "jpeg", "png"])

/** Lower is better: names that say "preview" first, then the first pictures of a numbered series. */
const nameScore = (fileName: string): number => {
  const name = fileName.toLowerCase()
  if (/preview|thumb|cover|insta/.test(name)) return 0
  if (/^0*[12]\.[a-z]+$/.test(name)) return 1
  return /^0*[3-9]\.[a-z]+$/.test(name) ? 2 : 10
}

const depthOf = (path: string): number => path.split(/[\\/]/).length - 1

/** Resource forks that macOS adds, which bear image names and hold no image. */
const isShadow = (path: string): boolean => /(?:^|[\\/])(?:__MACOSX[\\/]|\._)/.test(path)

const isCandidate = (entry: ArchiveEntry): boolean =>
  imageExtensions.has(entry.extension ?? "") &&
  entry.uncompressedBytes > 0 &&
  entry.uncompressedBytes <= maxBytes &&
  !entry.encrypted &&
  !isShadow(entry.path)

/** How many are worth a try: what is called an image may be none. */
const tries = 3

interface Scored<E> {
  readonly entry: E
  readonly score: number
}

const better = <E extends ArchiveEntry>(a: Scored<E>, b: Scored<E>): number =>
  a.score - b.score ||
  a.entry.path.length - b.entry.path.length ||
  (a.entry.path < b.entry.path ? -1 : Number(a.entry.path > b.entry.path))

/**
 * The best candidates for a preview, at most 3, the best first: JPEGs or PNGs of 1 byte to 2 MiB that need no password.
 * Ties go to the shorter path, then to the alphabet, so the choice does not depend on the entries' order.
 */
export const previewEntries = <E extends ArchiveEntry>(entries: ReadonlyArray<E>): ReadonlyArray<E> => {
  const best: Array<Scored<E>> = []
  for (const entry of entries) {
    if (!isCandidate(entry)) continue
    best.push({ entry, score: depthOf(entry.path) + nameScore(entry.fileName) })
    best.sort(better)
    if (best.length > tries) best.pop()
  }
  return best.map(({ entry }) => entry)
}
