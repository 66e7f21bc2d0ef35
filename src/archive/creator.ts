/** Guesses who made what is in an archive. */
import { tellingWords } from "./name-words.ts"

/** What is known of an archive's origin; null where there is none. */
export interface Origin {
  readonly topicName: string | null
  readonly fileName: string
  readonly channelTitle: string | null
}

/** Topics and titles that name a kind of thing, or nothing at all, rather than a person or a studio. */
const generic = new Set([
  "general",
  "chat",
  "main",
  "misc",
  "other",
  "others",
  "off topic",
  "offtopic",
  "announcements",
  "news",
  "rules",
  "requests",
  "request",
  "archive",
  "archives",
  "files",
  "uploads",
  "models",
  "model",
  "stl",
  "stls",
  "stl files",
  "3d",
  "3d models",
  "3d printing",
  "3d print",
  "miniatures",
  "minis",
  "terrain",
  "free",
  "premium",
  "patreon",
])

const maxLength = 100

/** Without the extensions of archives and volumes. */
const plainStem = (fileName: string): string =>
  fileName.replace(/(?:\.(?:zip|zipx|rar|7z|tar|gz|bz2|xz|zst|part\d+|[rz]\d\d|\d{2,5}))+$/i, "")

/** Without emoji, bracketed remarks and odd spacing; undefined when nothing telling is left. */
const tidy = (text: string): string | undefined => {
  const name = text
    .normalize("NFC")
    .replace(/[\p{Extended_Pictographic}\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "")
    .replace(/\[[^\]]{0,200}\]|\([^)]{0,200}\)/g, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s\-–—|:_.#]+|[\s\-–—|:_.]+$/g, "")
  const isTelling = /\p{L}/u.test(name) && !generic.has(name.toLowerCase()) && name.length <= maxLength
  return isTelling ? name : undefined
}

/** "March 2024", "2024 03", "Part 2", "Vol. 3", "Bundle 7": which of a series, and not whose. */
const isPlaceInSeries = (name: string): boolean =>
  /^(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*\.?|part|vol(?:ume)?\.?|set|pack|bundle|release|week|day|wave)[\s#]*\d{1,4}(?:[\s.-]+\d{1,4})?$/iu.test(
    name,
  )

/** "supported", "v2", "75 mm", "Part 3": how a thing was prepared, so that what stands before is the thing itself. */
const isVariant = (title: string): boolean =>
  tidy(title) === undefined ||
  isPlaceInSeries(title.trim()) ||
  [...tellingWords(title)].every((word) =>
    /^(?:v?\d+(?:mm|cm)?|mm|cm|scale|fixed|update[ds]?|repaired|hollow(?:ed)?)$/.test(word),
  ) ||
  /^(?:(?:pre|un)?[\s-]?support(?:s|ed)?)(?:\s|$)/i.test(title.trim())

/** "Creator - Title.zip": what stands before a dash between spaces. A lone underscore prefix proves nothing. */
const fromFileName = (fileName: string): string | undefined => {
  const stem = plainStem(fileName).replaceAll("_", " ")
  const [before, ...after] = stem.split(/\s[-–—]\s/)
  if (before === undefined || after.length === 0 || after.every(isVariant)) return undefined
  const name = tidy(before)
  return name === undefined || isPlaceInSeries(name) ? undefined : name
}

/** "Studio - STL archive": the part before a dash, or the whole title. */
const fromTitle = (title: string): string | undefined => tidy(title.split(/\s[-–—|]\s/, 1)[0] ?? "")

/**
 * The creator's name: the forum topic's name, else what the file name says, else the channel's title; null when none
 * of them names anybody. The "General" topic of a forum names nobody.
 */
export const creatorOf = ({ topicName, fileName, channelTitle }: Origin): string | null =>
  (topicName === null ? undefined : tidy(topicName)) ??
  fromFileName(fileName) ??
  (channelTitle === null ? undefined : fromTitle(channelTitle)) ??
  null
