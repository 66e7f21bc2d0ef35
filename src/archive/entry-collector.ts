/** Collects the entries of one archive as they are read, bounded in number, and gives them readable names at the end. */
import { decodeInCodePage, decodeUtf8, flagsOfPath, guessCodePage, type NameFlag, safeText } from "./entry-name.ts"

/** One entry of an archive. `path` is text for people and never a path to write to. */
export interface ArchiveEntry {
  readonly path: string
  /** The path's last segment. */
  readonly fileName: string
  /** Lower case, without the dot; null when there is none. */
  readonly extension: string | null
  /** Null where the format keeps no size per file, as in solid blocks. */
  readonly compressedBytes: number | null
  readonly uncompressedBytes: number
  /** Eight upper-case hex digits; null where the format has none (AES in ZIP, BLAKE2 in RAR). */
  readonly crc32: string | null
  readonly directory: boolean
  readonly encrypted: boolean
  readonly flags: ReadonlyArray<NameFlag>
}

export interface Listing {
  /** The first entries, at most as many as were wanted, directories among them. */
  readonly entries: ReadonlyArray<ArchiveEntry>
  /** All files seen, also those that `entries` does not hold; directories do not count. */
  readonly fileCount: number
  /** `entries` does not hold all entries. */
  readonly truncated: boolean
  /** Some file's content is encrypted. */
  readonly encrypted: boolean
}

export const defaultMaxEntries = 100_000

/** Extensions of archives within archives. */
const archiveExtension =
  /^(?:zip|zipx|rar|r\d\d|7z|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lz4|cbz|cbr|cb7|jar|apk|iso|z\d\d|00\d)$/

/** True when the name is one of an archive: a set with such an entry is nested. */
export const isNestedArchive = (entry: ArchiveEntry): boolean =>
  !entry.directory && entry.extension !== null && archiveExtension.test(entry.extension)

const extensionOf = (fileName: string): string | null => {
  const dot = fileName.lastIndexOf(".")
  return dot > 0 && dot < fileName.length - 1 ? fileName.slice(dot + 1).toLowerCase() : null
}

/** The last segment of a path, which may end with a separator. */
const fileNameOf = (path: string): string => /([^\\/]+)[\\/]*$/.exec(path)?.[1] ?? path

/** An entry for a path that is text already. */
export const entryOf = (path: string, bytes: number, more: Partial<ArchiveEntry> = {}): ArchiveEntry => {
  const safe = safeText(path)
  const fileName =
    safe
      .replace(/[\\/]+$/, "")
      .split(/[\\/]/)
      .at(-1) || safe
  return {
    path: safe,
    fileName,
    extension: more.directory === true ? null : extensionOf(fileName),
    compressedBytes: null,
    uncompressedBytes: bytes,
    crc32: null,
    directory: false,
    encrypted: false,
    flags: flagsOfPath(path),
    ...more,
  }
}

/** What a reader of a format knows of an entry; `name` is as the archive has it. */
export interface RawEntry {
  readonly name: Uint8Array
  readonly compressedBytes: number | null
  readonly uncompressedBytes: number
  readonly crc32: string | null
  readonly directory: boolean
  readonly encrypted: boolean
}

/** Bounded by the number of entries: 100,000 take about 30 MB. */
export class EntryCollector {
  readonly #maxEntries: number
  readonly #raw: Array<RawEntry> = []
  #fileCount = 0
  #all = 0
  #encrypted = false

  constructor(maxEntries: number = defaultMaxEntries) {
    this.#maxEntries = maxEntries
  }

  /** True once further entries are only counted. */
  get isFull(): boolean {
    return this.#raw.length >= this.#maxEntries
  }

  /** Takes an entry; its name is kept by reference. */
  add(entry: RawEntry): void {
    this.count(entry.directory, entry.encrypted)
    if (!this.isFull) this.#raw.push(entry)
  }

  /** Counts an entry that is not kept. */
  count(directory: boolean, encrypted: boolean): void {
    this.#all += 1
    if (!directory) this.#fileCount += 1
    this.#encrypted ||= encrypted
  }

  /** The listing so far, with its names read. */
  listing(): Listing {
    const texts = this.#raw.map(({ name }) => decodeUtf8(name))
    const unread = this.#raw.filter((_, index) => texts[index] === undefined).map(({ name }) => name)
    const codePage = unread.length > 0 ? guessCodePage(unread) : undefined
    const entries = this.#raw.map((raw, index) => {
      const stated = texts[index]
      const text = stated ?? decodeInCodePage(raw.name, codePage ?? "cp437")
      const path = safeText(text)
      const fileName = fileNameOf(path)
      const flags = flagsOfPath(text)
      // Written out, because a hundred thousand copies of objects take their time.
      const entry: ArchiveEntry = {
        path,
        fileName,
        extension: raw.directory ? null : extensionOf(fileName),
        compressedBytes: raw.compressedBytes,
        uncompressedBytes: raw.uncompressedBytes,
        crc32: raw.crc32,
        directory: raw.directory,
        encrypted: raw.encrypted,
        flags: stated === undefined ? [...flags, "guessed_name"] : flags,
      }
      return entry
    })
    return {
      entries,
      fileCount: this.#fileCount,
      truncated: this.#all > this.#raw.length,
      encrypted: this.#encrypted,
    }
  }
}
