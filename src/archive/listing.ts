/**
 * Parses what `7zz l -slt -ba` prints: one `Key = value` line per property, entries separated by blank lines.
 *
 * 7-Zip prints a line break inside a name as `_`, and `-ba` keeps the archive's own comment out, so no name or comment
 * can forge an entry. Names are raw bytes, usually but not always UTF-8.
 */

/** One file inside an archive. `path` is text for people and never a path to write to. */
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
  readonly encrypted: boolean
}

export interface Listing {
  /** The first `maxEntries` files; directories are left out. */
  readonly entries: ReadonlyArray<ArchiveEntry>
  /** All files seen, also those beyond `maxEntries`. */
  readonly fileCount: number
  /** `entries` does not hold all files. */
  readonly truncated: boolean
  /** Some file's content is encrypted. */
  readonly encrypted: boolean
}

export const defaultMaxEntries = 100_000
/** Longer lines are cut here; no file system has longer paths. */
const maxLineBytes = 64 * 1024
const newline = 0x0a

/**
 * Text that Postgres stores and a terminal shows without harm: control characters become their visible pictures
 * (U+2400 and on), lone surrogates become U+FFFD.
 */
export const safeText = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) => {
      const code = control.charCodeAt(0)
      if (code < 0x20) return String.fromCharCode(0x2400 + code)
      return code === 0x7f ? "\u2421" : "\ufffd"
    })

const extensionOf = (fileName: string): string | null => {
  const dot = fileName.lastIndexOf(".")
  return dot > 0 && dot < fileName.length - 1 ? fileName.slice(dot + 1).toLowerCase() : null
}

/** An entry for a file of its own, as a document or a stream without a name is recorded. */
export const entryOf = (path: string, bytes: number, more: Partial<ArchiveEntry> = {}): ArchiveEntry => {
  const safe = safeText(path)
  const fileName = safe.split(/[\\/]/).at(-1) || safe
  return {
    path: safe,
    fileName,
    extension: extensionOf(fileName),
    compressedBytes: null,
    uncompressedBytes: bytes,
    crc32: null,
    encrypted: false,
    ...more,
  }
}

const parseBytes = (text: string | undefined): number | null => {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return null
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

/** Feeds on chunks of 7-Zip's output; memory is bounded by `maxEntries`. */
export class ListingParser {
  readonly #maxEntries: number
  readonly #decoder = new TextDecoder("utf-8")
  readonly #entries: Array<ArchiveEntry> = []
  #pending: Array<Uint8Array> = []
  #pendingBytes = 0
  #properties = new Map<string, string>()
  #fileCount = 0
  #encrypted = false

  constructor(maxEntries: number = defaultMaxEntries) {
    this.#maxEntries = maxEntries
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end))
      this.#endLine()
      start = end + 1
    }
    // A Buffer's own slice would share the chunk's memory.
    this.#hold(Uint8Array.from(chunk.subarray(start)))
  }

  /** Ends the output and returns what was found. */
  end(): Listing {
    if (this.#pendingBytes > 0) this.#endLine()
    this.#endEntry()
    return {
      entries: this.#entries,
      fileCount: this.#fileCount,
      truncated: this.#fileCount > this.#entries.length,
      encrypted: this.#encrypted,
    }
  }

  #hold(bytes: Uint8Array): void {
    const room = maxLineBytes - this.#pendingBytes
    const kept = bytes.subarray(0, Math.max(0, room))
    if (kept.length === 0) return
    this.#pending.push(kept)
    this.#pendingBytes += kept.length
  }

  #endLine(): void {
    const [only] = this.#pending
    const bytes = this.#pending.length === 1 && only !== undefined ? only : Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    if (bytes.length === 0) {
      this.#endEntry()
      return
    }
    const line = this.#decoder.decode(bytes)
    const separator = line.indexOf(" = ")
    // An empty value is printed as "Key = " and a carriage return belongs to the value.
    if (separator <= 0) return
    const key = line.slice(0, separator)
    if (!this.#properties.has(key)) this.#properties.set(key, line.slice(separator + 3))
  }

  #endEntry(): void {
    const properties = this.#properties
    const path = properties.get("Path")
    if (properties.size > 0) this.#properties = new Map()
    if (path === undefined) return
    const attributes = properties.get("Attributes") ?? ""
    if (properties.get("Folder") === "+" || attributes.startsWith("D")) return
    const encrypted = properties.get("Encrypted") === "+"
    this.#encrypted ||= encrypted
    this.#fileCount += 1
    if (this.#entries.length >= this.#maxEntries) return
    const crc = properties.get("CRC") ?? ""
    this.#entries.push(
      entryOf(path, parseBytes(properties.get("Size")) ?? 0, {
        compressedBytes: parseBytes(properties.get("Packed Size")),
        crc32: /^[0-9a-f]{8}$/i.test(crc) ? crc.toUpperCase() : null,
        encrypted,
      }),
    )
  }
}
