import type * as Td from "tdlib-types"

/**
 * A preview is shown some hundred pixels wide, and the web app reads those of a whole page at once. Telegram keeps each
 * photo in boxes of 320, 800, 1280 and 2560 pixels (core.telegram.org/api/files#image-thumbnail-types).
 */
const ENOUGH_PIXELS = 640

const longestSide = ({ height, width }: Td.photoSize): number => Math.max(width, height)

/** The smallest of a photo's sizes that is large enough for a preview; else the largest there is. */
export const previewSizeOf = (sizes: ReadonlyArray<Td.photoSize>): Td.photoSize | undefined => {
  const ascending = [...sizes].sort((a, b) => longestSide(a) - longestSide(b))
  return ascending.find((size) => longestSide(size) >= ENOUGH_PIXELS) ?? ascending.at(-1)
}
