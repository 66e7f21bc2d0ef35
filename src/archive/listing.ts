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

/** The properties that are read, as the beginnings of their lines. A million entries are seventeen million lines. */
const prefixes = {
  path: Buffer.from("Path = ", "latin1"),
  packedSize: Buffer.from("Packed Size = ", "latin1"),
  folder: Buffer.from("Folder = ", "latin1"),
  size: Buffer.from("Size = ", "latin1"),
  attributes: Buffer.from("Attributes = ", "latin1"),
  encrypted: Buffer.from("Encrypted = ", "latin1"),
  crc: Buffer.from("CRC = ", "latin1"),
}

const [plus, letterD] = [0x2b, 0x44]

/** Where the value begins when the line from `start` to `end` is that of this property, else -1. */
const valueStart = (bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): number => {
  if (end - start < prefix.length) return -1
  for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return -1
  return start + prefix.length
}

const textOf = (bytes: Uint8Array, from: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString("latin1")

const parseBytes = (text: string): number | null =>
  /^\d{1,20}$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : null

/** What was read of the entry at hand; undefined = no such line yet, and the first one counts. */
interface Properties {
  path?: Uint8Array
  folder?: boolean
  directory?: boolean
  size?: number | null | undefined
  packedSize?: number | null | undefined
  encrypted?: boolean
  crc?: string
}

/** Feeds on chunks of 7-Zip's output; memory is bounded by `maxEntries`. */
export class ListingParser {
  readonly #collector: EntryCollector
  #pending: Array<Uint8Array> = []
  #pendingBytes = 0
  #properties: Properties = {}
  readonly #unnamed: Uint8Array | undefined

  /** `unnamed` is what an entry without a name is called, as a stream of one compressor has it; without, it is left out. */
  constructor(maxEntries?: number, unnamed?: string) {
    this.#collector = new EntryCollector(maxEntries)
    this.#unnamed = unnamed === undefined ? undefined : Buffer.from(unnamed)
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      if (this.#pendingBytes === 0) {
        this.#endLine(chunk, start, Math.min(end, start + maxLineBytes))
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
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#endLine(bytes, 0, bytes.length)
  }

  #endLine(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) {
      this.#endEntry()
      return
    }
    const properties = this.#properties
    const isFull = this.#collector.isFull
    // The first letter rules most lines out. A carriage return belongs to the value.
    switch (bytes[start]) {
      case 0x50: {
        const path = valueStart(bytes, start, end, prefixes.path)
        if (path >= 0) properties.path ??= isFull ? bytes.subarray(0, 0) : Uint8Array.from(bytes.subarray(path, end))
        else if (!isFull) properties.packedSize ??= this.#bytesOf(bytes, start, end, prefixes.packedSize)
        return
      }
      case 0x46: {
        const folder = valueStart(bytes, start, end, prefixes.folder)
        if (folder >= 0) properties.folder ??= end === folder + 1 && bytes[folder] === plus
        return
      }
      case 0x41: {
        const attributes = valueStart(bytes, start, end, prefixes.attributes)
        if (attributes >= 0) properties.directory ??= bytes[attributes] === letterD && attributes < end
        return
      }
      case 0x45: {
        const encrypted = valueStart(bytes, start, end, prefixes.encrypted)
        if (encrypted >= 0) properties.encrypted ??= end === encrypted + 1 && bytes[encrypted] === plus
        return
      }
      case 0x53:
        if (!isFull) properties.size ??= this.#bytesOf(bytes, start, end, prefixes.size)
        return
      case 0x43: {
        if (isFull) return
        const crc = valueStart(bytes, start, end, prefixes.crc)
        if (crc >= 0) properties.crc ??= textOf(bytes, crc, end)
      }
    }
  }

  /** Undefined when the line is another property's, null when it has no number. */
  #bytesOf(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): number | null | undefined {
    const value = valueStart(bytes, start, end, prefix)
    return value < 0 ? undefined : parseBytes(textOf(bytes, value, end))
  }

  #endEntry(): void {
    const unnamed = this.#properties.size === undefined ? undefined : this.#unnamed
    const { crc = "", encrypted = false, packedSize = null, path = unnamed, size = null, ...more } = this.#properties
    this.#properties = {}
    if (path === undefined) return
    const directory = more.folder === true || more.directory === true
    if (this.#collector.isFull) {
      this.#collector.count(directory, encrypted)
      return
    }
    this.#collector.add({
      name: path,
      compressedBytes: packedSize,
      uncompressedBytes: size ?? 0,
      crc32: !directory && /^[0-9a-f]{8}$/i.test(crc) ? crc.toUpperCase() : null,
      directory,
      encrypted,
    })
  }
}
