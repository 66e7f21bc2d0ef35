/** Compares what people call one thing in two places: a file name and a caption, or two captions. */

/** Words only: lower case, no archive or volume extensions, separators as single spaces. */
export const plainText = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replace(/(?:\.(?:zip|zipx|rar|7z|tar|gz|bz2|xz|zst|part\d+|[rz]\d\d|\d{2,5}|pdf|stl|obj|3mf|cbz|cbr))+\s*$/, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()

/** Words that say how a thing is packed or prepared, or nothing at all. */
const idle = new Set(
  (
    "the and of by for with from in an to new stl stls obj lys lychee chitubox zip rar 7z file files pack set part parts " +
    "supported unsupported presupported pre supports support 3d print printing printable model models version"
  ).split(" "),
)

/** The words of a text that tell something; all of them when none does. */
export const tellingWords = (text: string): ReadonlySet<string> => {
  const words = new Set(plainText(text).split(" "))
  words.delete("")
  const telling = new Set([...words].filter((word) => !idle.has(word)))
  return telling.size > 0 ? telling : words
}

/** "75", "75mm", "v2", "b": what tells one of a series from the next. */
const isNumbering = (word: string): boolean => word.length === 1 || /\d/.test(word)

/** Both count, and not alike: two of a series. */
const differInNumbering = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  const [ofA, ofB] = [[...a].filter(isNumbering), [...b].filter(isNumbering)]
  return ofA.some((word) => !b.has(word)) && ofB.some((word) => !a.has(word))
}

/**
 * How alike two texts are by their telling words, from 0 to 1 (Dice's coefficient). One word in common proves nothing
 * unless it is all there is, and two of a numbered series are not alike at all.
 */
export const similarity = (a: string, b: string): number => {
  const [ofA, ofB] = [tellingWords(a), tellingWords(b)]
  const shared = [...ofA].filter((word) => ofB.has(word)).length
  const isAll = shared === ofA.size && shared === ofB.size
  if (shared === 0 || (shared === 1 && !isAll) || differInNumbering(ofA, ofB)) return 0
  return (2 * shared) / (ofA.size + ofB.size)
}
