/**
 * The machine-readable line in the caption of every message we publish: with it the destination alone says what it
 * holds, and a message whose confirmation was lost is found again.
 */
export interface CaptionTag {
  /** First 16 hexadecimal digits of the content hash. */
  readonly hashPrefix: string
  readonly part: number
  readonly of: number
}

/** Every tag begins with it. */
export const TAG_WORD = "stash"

const HASH_PREFIX_DIGITS = 16
const pattern = /^stash:([0-9a-f]{16}):(\d{1,5})\/(\d{1,5})$/m

/** The tag of one part of the content with this SHA-256 (64 hexadecimal digits). */
export const captionTag = (contentHash: string, part: number, of: number): CaptionTag => ({
  hashPrefix: contentHash.slice(0, HASH_PREFIX_DIGITS),
  part,
  of,
})

/** "stash:0123456789abcdef:2/3" */
export const formatCaptionTag = ({ hashPrefix, of, part }: CaptionTag): string => `stash:${hashPrefix}:${part}/${of}`

/** Reads the tag out of a caption; undefined when there is none that could be ours. */
export const parseCaptionTag = (caption: string): CaptionTag | undefined => {
  const found = pattern.exec(caption)
  if (found === null) return undefined
  const [, hashPrefix = "", part = "", of = ""] = found
  const tag = { hashPrefix, part: Number(part), of: Number(of) }
  return tag.part >= 1 && tag.part <= tag.of ? tag : undefined
}

export const isSameTag = (a: CaptionTag, b: CaptionTag): boolean =>
  a.hashPrefix === b.hashPrefix && a.part === b.part && a.of === b.of
