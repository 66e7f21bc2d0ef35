/** Guesses who made what is in an archive. */

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

/** "Creator - Title.zip": what stands before a dash between spaces. A lone underscore prefix proves nothing. */
const fromFileName = (fileName: string): string | undefined => {
  const [before, after] = fileName.replaceAll("_", " ").split(/\s[-–—]\s/, 2)
  return before === undefined || after === undefined ? undefined : tidy(before)
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
