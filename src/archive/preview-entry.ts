/** Chooses the image inside an archive that shows best what it holds. */
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

/**
 * The best candidate for a preview: a JPEG or PNG of 1 byte to 2 MiB that needs no password; undefined when there is
 * none. Ties go to the shorter path, then to the alphabet, so the choice does not depend on the entries' order.
 */
export const choosePreviewEntry = <E extends ArchiveEntry>(entries: ReadonlyArray<E>): E | undefined => {
  let best: { readonly entry: E; readonly score: number } | undefined
  for (const entry of entries) {
    const isCandidate =
      imageExtensions.has(entry.extension ?? "") &&
      entry.uncompressedBytes > 0 &&
      entry.uncompressedBytes <= maxBytes &&
      !entry.encrypted &&
      !isShadow(entry.path)
    if (!isCandidate) continue
    const score = depthOf(entry.path) + nameScore(entry.fileName)
    const isBetter =
      best === undefined ||
      score < best.score ||
      (score === best.score &&
        (entry.path.length < best.entry.path.length ||
          (entry.path.length === best.entry.path.length && entry.path < best.entry.path)))
    if (isBetter) best = { entry, score }
  }
  return best?.entry
}
