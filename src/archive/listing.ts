/**
 * Parses what `7zz l -slt -ba` prints: one `Key = value` line per property, entries separated by blank lines.
 *
 * 7-Zip prints a line break inside a name as `_`, and `-ba` keeps the archive's own comment out, so no name or comment
 * can forge an entry. Names are the archive's own bytes, usually but not always UTF-8.
 */
import { EntryCollector, type Listing } from "./entry-collector.ts"

export type { ArchiveEntry, Listing } from "./entry-collector.ts"
export { defaultMaxEntries, entryOf } from "./entry-collector.ts"
export { safeText } from "./entry-name.ts"

/** Longer lines are cut here; no file system has longer paths. */
const maxLineBytes = 64 * 1024
const newline = 0x0a

/** The properties that are read; each line begins with one of these and " = ". */
const keys = ["Path", "Folder", "Size", "Packed Size", "Attributes", "Encrypted", "CRC"] as const
type Key = (typeof keys)[number]

const prefixes = keys.map((key) => ({ key, bytes: Buffer.from(`${key} = `, "latin1") }))

const startsWith = (line: Uint8Array, prefix: Uint8Array): boolean => {
  if (line.length < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) if (line[index] !== prefix[index]) return false
  return true
}

const latin1 = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")

const parseBytes = (text: string): number | null =>
  /^\d{1,20}$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : null

/** Feeds on chunks of 7-Zip's output; memory is bounded by `maxEntries`. */
export class ListingParser {
  readonly #collector: EntryCollector
  #pending: Array<Uint8Array> = []
  #pendingBytes = 0
  #properties = new Map<Key, Uint8Array>()

  constructor(maxEntries?: number) {
    this.#collector = new EntryCollector(maxEntries)
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      if (this.#pendingBytes === 0) {
        this.#endLine(chunk.subarray(start, Math.min(end, start + maxLineBytes)))
      } else {
        this.#hold(chunk.subarray(start, end))
        this.#endPending()
      }
      start = end + 1
    }
    // A Buffer's own slice would share the chunk's memory.
    if (start < chunk.length) this.#hold(Uint8Array.from(chunk.subarray(start)))
  }

  /** Ends the output and returns what was found. */
  end(): Listing {
    if (this.#pendingBytes > 0) this.#endPending()
    this.#endEntry()
    return this.#collector.listing()
  }

  #hold(bytes: Uint8Array): void {
    const room = maxLineBytes - this.#pendingBytes
    const kept = bytes.subarray(0, Math.max(0, room))
    if (kept.length === 0) return
    this.#pending.push(kept)
    this.#pendingBytes += kept.length
  }

  #endPending(): void {
    const line = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#endLine(line)
  }

  #endLine(line: Uint8Array): void {
    if (line.length === 0) {
      this.#endEntry()
      return
    }
    const found = prefixes.find(({ bytes }) => startsWith(line, bytes))
    // The first property of a name counts; a carriage return belongs to the value.
    if (found !== undefined && !this.#properties.has(found.key))
      this.#properties.set(found.key, Uint8Array.from(line.subarray(found.bytes.length)))
  }

  #endEntry(): void {
    const properties = this.#properties
    const name = properties.get("Path")
    if (properties.size > 0) this.#properties = new Map()
    if (name === undefined) return
    const directory = latin1(properties.get("Folder")) === "+" || latin1(properties.get("Attributes")).startsWith("D")
    const encrypted = latin1(properties.get("Encrypted")) === "+"
    if (this.#collector.isFull) {
      this.#collector.count(directory, encrypted)
      return
    }
    const crc = latin1(properties.get("CRC"))
    this.#collector.add({
      name,
      compressedBytes: parseBytes(latin1(properties.get("Packed Size"))),
      uncompressedBytes: parseBytes(latin1(properties.get("Size"))) ?? 0,
      crc32: !directory && /^[0-9a-f]{8}$/i.test(crc) ? crc.toUpperCase() : null,
      directory,
      encrypted,
    })
  }
}
