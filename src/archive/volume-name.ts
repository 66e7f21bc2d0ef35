/**
 * Reads a file name the way collectors do: which archive it belongs to, and which volume of it this is.
 *
 * Names are hostile input: every pattern below runs in time linear in the name, digits are bounded, and nothing here
 * is ever used as a path.
 */

/**
 * How the files of one archive relate to each other.
 *
 * | family            | volumes, in order                                | opened at         |
 * |-------------------|--------------------------------------------------|-------------------|
 * | `zip`             | one .zip, .zipx, .jar, .cbz, .epub, .apk         |                   |
 * | `zip_spanned`     | .z01 ... .zNN, then .zip (the directory)         | .zip, the last    |
 * | `zip_split`       | .zip.001 ... (a byte split)                      | all, joined       |
 * | `rar`             | one .rar or .cbr                                 |                   |
 * | `rar_parts`       | .part1.rar ... (part1 may be a self-extracting .exe) | part1         |
 * | `rar_old`         | .rar, .r00 ... .r99, .s00 ... (.rar may be .exe) | .rar, the first   |
 * | `rar_split`       | .rar.001 ... (a byte split)                      | all, joined       |
 * | `seven_z`         | one .7z or .cb7                                  |                   |
 * | `seven_z_split`   | .7z.001 ...                                      | .001              |
 * | `tar`             | a tar, or one stream of a compressor             |                   |
 * | `tar_split`       | .tar.gz.001, .tar.aa ... (a byte split)          | all, joined       |
 * | `plain_split`     | .001 ... of anything (a byte split)              | all, joined       |
 * | `document`        | one file that is taken as it is                  |                   |
 */
export type Family =
  | "zip"
  | "zip_spanned"
  | "zip_split"
  | "rar"
  | "rar_parts"
  | "rar_old"
  | "rar_split"
  | "seven_z"
  | "seven_z_split"
  | "tar"
  | "tar_split"
  | "plain_split"
  | "document"

/** The database's word for what a set is; tar and the rest have no word of their own there. */
export type ArchiveType = "ZIP" | "RAR" | "SEVEN_Z" | "DOCUMENT"

/**
 * What a file is to its set.
 * - `single`: an archive by itself.
 * - `volume`: one of a numbered run.
 * - `anchor`: a .zip or .rar: an archive by itself, or the unnumbered volume of a .z01 or .r00 run.
 * - `stub`: an .exe, which only counts as the unnumbered volume of a .r00 run.
 */
export type VolumeRole = "single" | "volume" | "anchor" | "stub"

/** How the volumes of a run are counted, with what is needed to write another one's name. */
export type Numbering =
  | { readonly style: "decimal"; readonly before: string; readonly width: number; readonly after: string }
  | { readonly style: "letters"; readonly before: string; readonly width: number }
  | { readonly style: "old_rar"; readonly before: string }
  | { readonly style: "none" }

/** A file name, understood. */
export interface VolumeName {
  readonly fileName: string
  readonly family: Family
  readonly archiveType: ArchiveType
  readonly role: VolumeRole
  /** The name that all volumes share, as it was written, for example `Dragon` or `Dragon.7z`. */
  readonly stem: string
  /** The same, for comparing: lower case, composed, spaces collapsed. */
  readonly stemKey: string
  /** `stemKey` without a trailing " (1)" or "_2" that a client appended; equal to `stemKey` when there is none. */
  readonly plainStemKey: string
  /** The volume's place in its run, from 1 (rarely from 0); 0 for roles without a number. */
  readonly ordinal: number
  readonly numbering: Numbering
}

/** Document extensions that are taken as they are, each as a set of its own. */
export const defaultDocumentExtensions: ReadonlyArray<string> = [
  "pdf",
  "stl",
  "obj",
  "3mf",
  "step",
  "stp",
  "blend",
  "gcode",
  "svg",
  "dxf",
  "ai",
  "eps",
  "psd",
]

/** More digits than any real set has; longer numbers are dates or serials, not volumes. */
const maxOrdinalDigits = 5

const zipExtension = "zip|zipx|jar|cbz|epub|apk|xps"
const tarExtension =
  "tar(?:\\.(?:gz|bz2|xz|zst|lz4|lz|lzma|br|z))?|tgz|tbz2?|txz|tzst|tlz|taz|gz|bz2|xz|zst|lz4|lzma|lz|cbt"

const rarPart = /^(.+)\.part(\d+)\.(rar|exe)$/is
const rarOld = /^(.+)\.([r-y])(\d\d)$/is
const zipSpanned = /^(.+)\.z(\d{2,})$/is
const anchorName = /^(.+)\.(zip|zipx|rar|exe)$/is
const zipSingle = new RegExp(`^(.+)\\.(?:${zipExtension})$`, "is")
const rarSingle = /^(.+)\.(?:rar|cbr)$/is
const sevenZipSingle = /^(.+)\.(?:7z|cb7)$/is
const tarSingle = new RegExp(`^(.+?)\\.(?:${tarExtension})$`, "is")
const decimalSplit = new RegExp(
  `^(.+\\.(?:(?<zip>${zipExtension})|(?<rar>rar|cbr)|(?<seven>7z|cb7)|(?<tar>${tarExtension})))\\.(?<part>part)?(?<digits>\\d{2,}|(?<=part)\\d+)$`,
  "is",
)
const letterSplit = new RegExp(`^(.+\\.(?:${tarExtension}))\\.([a-z]{2}|a[a-z]{2})$`, "is")
const plainSplit = /^(.+)\.(\d{3})$/s

/** Short extensions that follow a compressed file without being a volume of it. */
const notLetters = new Set(["asc", "gz", "xz", "lz", "br", "md", "js", "ts", "py", "sh", "id", "tar"])

/** What clients append to a name that they have already: " (1)" or "_2", before up to two extensions. */
const copySuffix = /(?: ?\(\d{1,3}\)|_\d{1,2})(?=(?:\.[a-z0-9]{1,5}){0,2}$)/i
const copySuffixInside = /^(.+?)(?: ?\(\d{1,3}\)|_\d{1,2})((?:\.[a-z0-9]{1,5}){1,2})$/is

const compareKey = (text: string): string => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim()

interface Reading {
  readonly family: Family
  readonly role: VolumeRole
  readonly stem: string
  readonly ordinal?: number
  readonly numbering?: Numbering
}

const ordinalOf = (digits: string): number | undefined =>
  digits.length <= maxOrdinalDigits ? Number.parseInt(digits, 10) : undefined

/** `aa` is 1, `ab` is 2, `ba` is 27. */
const ordinalOfLetters = (letters: string): number => {
  let ordinal = 0
  for (const letter of letters.toLowerCase()) ordinal = ordinal * 26 + (letter.charCodeAt(0) - 97)
  return ordinal + 1
}

const decimal = (before: string, digits: string, after: string): Numbering => ({
  style: "decimal",
  before,
  width: digits.length,
  after,
})

/** A volume counted in letters; ambiguous when its end has another meaning too, as in x.tar.gz. */
const readLetters = (name: string): (Reading & { readonly isAmbiguous: boolean }) | undefined => {
  const letters = letterSplit.exec(name)
  if (letters === null) return undefined
  const [, stem = "", suffix = ""] = letters
  return {
    family: "tar_split",
    role: "volume",
    stem,
    ordinal: ordinalOfLetters(suffix),
    numbering: { style: "letters", before: `${stem}.`, width: suffix.length },
    isAmbiguous: notLetters.has(suffix.toLowerCase()),
  }
}

const readRun = (name: string): Reading | undefined => {
  const part = rarPart.exec(name)
  if (part !== null) {
    const [, stem = "", digits = ""] = part
    const ordinal = ordinalOf(digits)
    if (ordinal === undefined) return undefined
    return { family: "rar_parts", role: "volume", stem, ordinal, numbering: decimal(`${stem}.part`, digits, ".rar") }
  }
  const spanned = zipSpanned.exec(name)
  if (spanned !== null) {
    const [, stem = "", digits = ""] = spanned
    const ordinal = ordinalOf(digits)
    // A spanned zip begins with .z01; an old RAR set reaches .z00 only after 800 volumes, which is not looked for.
    if (ordinal === undefined || ordinal === 0) return undefined
    return { family: "zip_spanned", role: "volume", stem, ordinal, numbering: decimal(`${stem}.z`, digits, "") }
  }
  const old = rarOld.exec(name)
  if (old !== null) {
    const [, stem = "", letter = "r", digits = ""] = old
    const hundreds = letter.toLowerCase().charCodeAt(0) - "r".charCodeAt(0)
    // The .rar itself is volume 1, so .r00 is volume 2.
    const ordinal = hundreds * 100 + Number.parseInt(digits, 10) + 2
    return { family: "rar_old", role: "volume", stem, ordinal, numbering: { style: "old_rar", before: stem } }
  }
  const split = decimalSplit.exec(name)
  if (split !== null) {
    const [, stem = ""] = split
    const { zip, rar, seven, part: word = "", digits = "" } = split.groups ?? {}
    const ordinal = ordinalOf(digits)
    if (ordinal === undefined) return undefined
    const family = zip ? "zip_split" : rar ? "rar_split" : seven ? "seven_z_split" : "tar_split"
    return { family, role: "volume", stem, ordinal, numbering: decimal(`${stem}.${word}`, digits, "") }
  }
  const letters = readLetters(name)
  if (letters !== undefined && !letters.isAmbiguous) return letters
  const plain = plainSplit.exec(name)
  if (plain !== null) {
    const [, stem = "", digits = ""] = plain
    return {
      family: "plain_split",
      role: "volume",
      stem,
      ordinal: Number.parseInt(digits, 10),
      numbering: decimal(`${stem}.`, digits, ""),
    }
  }
  return undefined
}

const readSingle = (name: string, documentExtensions: ReadonlyArray<string>): Reading | undefined => {
  const anchor = anchorName.exec(name)
  if (anchor !== null) {
    const [, stem = "", extension = ""] = anchor
    if (extension.toLowerCase() === "exe") return { family: "rar_old", role: "stub", stem }
    return { family: extension.toLowerCase() === "rar" ? "rar" : "zip", role: "anchor", stem }
  }
  const families: ReadonlyArray<readonly [Family, RegExp]> = [
    ["zip", zipSingle],
    ["rar", rarSingle],
    ["seven_z", sevenZipSingle],
    ["tar", tarSingle],
  ]
  for (const [family, pattern] of families) {
    const match = pattern.exec(name)
    if (match !== null) return { family, role: "single", stem: match[1] ?? "" }
  }
  const dot = name.lastIndexOf(".")
  if (dot > 0 && documentExtensions.includes(name.slice(dot + 1).toLowerCase())) {
    return { family: "document", role: "single", stem: name.slice(0, dot) }
  }
  return undefined
}

/** A volume's name as its packer wrote it, once a client's " (1)" or "_2" is taken out of its middle. */
const readCopyOfRun = (name: string): Reading | undefined => {
  const copy = copySuffixInside.exec(name)
  return copy === null ? undefined : readRun(`${copy[1]}${copy[2]}`)
}

const archiveTypes: Record<Family, ArchiveType> = {
  zip: "ZIP",
  zip_spanned: "ZIP",
  zip_split: "ZIP",
  rar: "RAR",
  rar_parts: "RAR",
  rar_old: "RAR",
  rar_split: "RAR",
  seven_z: "SEVEN_Z",
  seven_z_split: "SEVEN_Z",
  tar: "DOCUMENT",
  tar_split: "DOCUMENT",
  plain_split: "DOCUMENT",
  document: "DOCUMENT",
}

/** The database's type of a family. */
export const archiveTypeOf = (family: Family): ArchiveType => archiveTypes[family]

/**
 * Understands a file name; undefined when it is none of an archive, a volume of one, or a listed document.
 *
 * A name that reads as a volume only after a client's duplicate suffix is removed (`Dragon.part2 (1).rar`) is read so.
 * `documentExtensions` are lower case, without dots.
 */
export const recogniseName = (
  fileName: string,
  documentExtensions: ReadonlyArray<string> = defaultDocumentExtensions,
): VolumeName | undefined => {
  const run = readRun(fileName)
  const copyOfRun = run === undefined || run.family === "plain_split" ? readCopyOfRun(fileName) : undefined
  const betterCopy = run === undefined || copyOfRun?.family !== "plain_split" ? copyOfRun : undefined
  const reading = betterCopy ?? run ?? readSingle(fileName, documentExtensions)
  return reading === undefined ? undefined : named(fileName, reading)
}

/**
 * A name such as x.tar.gz or x.tar.br read as a volume counted in letters (183 and 44 after x.tar.aa), which it is only
 * beside its neighbours; undefined for every other name.
 */
export const recogniseAmbiguousVolume = (fileName: string): VolumeName | undefined => {
  const letters = readLetters(fileName)
  return letters?.isAmbiguous === true ? named(fileName, letters) : undefined
}

const named = (fileName: string, reading: Reading): VolumeName => {
  const stemKey = compareKey(reading.stem)
  const plainStemKey = compareKey(reading.stem.replace(copySuffix, "")) || stemKey
  return {
    fileName,
    family: reading.family,
    archiveType: archiveTypeOf(reading.family),
    role: reading.role,
    stem: reading.stem,
    stemKey,
    plainStemKey,
    ordinal: reading.ordinal ?? 0,
    numbering: reading.numbering ?? { style: "none" },
  }
}

/** The file name that the volume with this ordinal has (or would have) in the same run as `name`. */
export const volumeLabel = (name: VolumeName, ordinal: number): string => {
  const { numbering } = name
  switch (numbering.style) {
    case "decimal":
      return `${numbering.before}${String(ordinal).padStart(numbering.width, "0")}${numbering.after}`
    case "letters": {
      let letters = ""
      for (let rest = ordinal - 1; letters.length < numbering.width; rest = Math.floor(rest / 26)) {
        letters = String.fromCharCode(97 + (rest % 26)) + letters
      }
      return numbering.before + letters
    }
    case "old_rar": {
      if (ordinal === 1) return `${numbering.before}.rar`
      const letter = String.fromCharCode("r".charCodeAt(0) + Math.floor((ordinal - 2) / 100))
      return `${numbering.before}.${letter}${String((ordinal - 2) % 100).padStart(2, "0")}`
    }
    case "none":
      return name.fileName
  }
}
