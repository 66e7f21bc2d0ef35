/**
 * Lists a tar stream as it passes by, block after block: POSIX ustar, GNU long names, pax headers.
 * Formats: POSIX.1-2017 "pax", ustar and pax interchange format; the GNU tar manual, "Basic Tar Format".
 */
import { EntryCollector, type Listing } from "./entry-collector.ts"
import { decodeUtf8, safeText } from "./entry-name.ts"

const blockBytes = 512
/** Long names and pax headers above this are not read: no path is that long. */
const maxMetadataBytes = 256 * 1024

/** What a stream was. `not_tar`: its first block is no tar header. `damaged`, `cut_off`: listed as far as it went. */
export type TarState = "whole" | "cut_off" | "damaged" | "not_tar"

const isZero = (block: Uint8Array): boolean => block.every((byte) => byte === 0)

const fieldOf = (block: Uint8Array, offset: number, length: number): Uint8Array => {
  const field = block.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}

/** Octal digits, or GNU's base 256 for sizes from 8 GiB; undefined when it is neither. */
const numberOf = (block: Uint8Array, offset: number, length: number): number | undefined => {
  if (((block[offset] ?? 0) & 0x80) !== 0) {
    let value = (block[offset] ?? 0) & 0x3f
    for (let index = 1; index < length; index++) value = value * 256 + (block[offset + index] ?? 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const text = Buffer.from(fieldOf(block, offset, length))
    .toString("latin1")
    .trim()
  if (text === "") return 0
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined
}

/** True for a tar header: the sum of its 512 bytes, the checksum itself read as spaces; some writers added them signed. */
export const hasTarChecksum = (block: Uint8Array): boolean => {
  const stated = numberOf(block, 148, 8)
  let unsigned = 0
  let signed = 0
  for (let index = 0; index < blockBytes; index++) {
    const byte = index >= 148 && index < 156 ? 32 : (block[index] ?? 0)
    unsigned += byte
    signed += byte < 128 ? byte : byte - 256
  }
  return stated === unsigned || stated === signed
}

const joinBytes = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** A pax header's records, each `length key=value` and a line feed, with the length counting itself. */
const paxRecords = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const records = new Map<string, Uint8Array>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    if (space < 0 || space - at > 8) break
    const length = Number(Buffer.from(bytes.subarray(at, space)).toString("latin1"))
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > bytes.length) break
    const equals = bytes.indexOf(0x3d, space)
    if (equals < 0 || equals >= at + length) break
    records.set(
      Buffer.from(bytes.subarray(space + 1, equals)).toString("latin1"),
      bytes.subarray(equals + 1, at + length - 1),
    )
    at += length
  }
  return records
}

interface Metadata {
  readonly kind: "L" | "K" | "x" | "g" | "wanted" | "skip"
  readonly chunks: Array<Uint8Array>
}

/** One file whose content is wanted, by its listed path. */
export interface WantedFile {
  readonly path: string
  readonly maxBytes: number
}

/** Feeds on the chunks of an uncompressed tar, in order. Costs one step per entry and none per byte of content. */
export class TarLister {
  readonly #collector: EntryCollector
  readonly #header = new Uint8Array(blockBytes)
  #headerBytes = 0
  /** Bytes of content (`skip`) or metadata left, and of padding behind it. */
  #left = 0
  #padding = 0
  #metadata: Metadata | undefined
  #longName: Uint8Array | undefined
  #pax: ReadonlyMap<string, Uint8Array> = new Map()
  #zeroBlocks = 0
  #headers = 0
  #ended: TarState | undefined
  readonly #wanted: WantedFile | undefined
  #content: Uint8Array | "too_large" | undefined

  /** With `wanted`, the stream is read no further than to the end of that file. */
  constructor(maxEntries?: number, wanted?: WantedFile) {
    this.#collector = new EntryCollector(maxEntries)
    this.#wanted = wanted
  }

  /** The content of the wanted file, once it has been read. */
  get content(): Uint8Array | "too_large" | undefined {
    return this.#content
  }

  /** True when nothing that follows matters. */
  get isDone(): boolean {
    return this.#ended !== undefined
  }

  /** True while not even the first header has come. */
  get isEmpty(): boolean {
    return this.#headers === 0 && this.#ended === undefined
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#ended === undefined; ) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, chunk.length - at)
        if (this.#metadata !== undefined && this.#metadata.kind !== "skip")
          this.#metadata.chunks.push(Uint8Array.from(chunk.subarray(at, at + count)))
        this.#left -= count
        at += count
        if (this.#left === 0) this.#endContent()
      } else if (this.#padding > 0) {
        const count = Math.min(this.#padding, chunk.length - at)
        this.#padding -= count
        at += count
      } else {
        const count = Math.min(blockBytes - this.#headerBytes, chunk.length - at)
        this.#header.set(chunk.subarray(at, at + count), this.#headerBytes)
        this.#headerBytes += count
        at += count
        if (this.#headerBytes === blockBytes) {
          this.#headerBytes = 0
          this.#readHeader()
        }
      }
    }
  }

  /** Ends the stream. */
  end(): { readonly state: TarState; readonly listing: Listing } {
    const isBetween = this.#headerBytes === 0 && this.#left === 0 && this.#padding === 0
    // Some writers leave the two blocks of zeros out; an end between two entries is none to complain about.
    const state = this.#ended ?? (this.#headers === 0 ? "not_tar" : isBetween ? "whole" : "cut_off")
    return { state, listing: this.#collector.listing() }
  }

  #readHeader(): void {
    const block = this.#header
    if (isZero(block)) {
      this.#zeroBlocks += 1
      // An empty tar is nothing but zeros; anything may begin with one block of them.
      if (this.#zeroBlocks === 2) this.#ended = "whole"
      return
    }
    this.#zeroBlocks = 0
    const size = numberOf(block, 124, 12)
    if (!hasTarChecksum(block) || size === undefined) {
      this.#ended = this.#headers === 0 ? "not_tar" : "damaged"
      return
    }
    this.#headers += 1
    const type = String.fromCharCode(block[156] ?? 0)
    if (type === "L" || type === "K" || type === "x" || type === "g") {
      this.#beginContent(size, { kind: size > maxMetadataBytes ? "skip" : type, chunks: [] })
    } else {
      this.#addEntry(block, type, size)
    }
  }

  #addEntry(block: Uint8Array, type: string, headerSize: number): void {
    const isUstar = Buffer.from(block.subarray(257, 262)).toString("latin1") === "ustar"
    const prefix = isUstar && block[262] === 0 ? fieldOf(block, 345, 155) : new Uint8Array(0)
    const short = fieldOf(block, 0, 100)
    const plain = prefix.length > 0 ? joinBytes(prefix, Buffer.from("/"), short) : Uint8Array.from(short)
    const stated = this.#pax.get("size")
    const paxSize = stated === undefined ? Number.NaN : Number(Buffer.from(stated).toString("latin1"))
    const size = Number.isSafeInteger(paxSize) && paxSize >= 0 ? paxSize : headerSize
    const realSize = Number(Buffer.from(this.#pax.get("GNU.sparse.realsize") ?? "").toString("latin1") || "NaN")
    // Directories, links and devices have no content, whatever their size field says.
    const hasContent = !/[1-6]/.test(type)
    const name = this.#pax.get("GNU.sparse.name") ?? this.#pax.get("path") ?? this.#longName ?? plain
    const directory = type === "5" || (type !== "1" && type !== "2" && name.at(-1) === 0x2f)
    this.#collector.add({
      name: directory && name.length > 1 && name.at(-1) === 0x2f ? name.subarray(0, -1) : name,
      compressedBytes: hasContent ? size : 0,
      uncompressedBytes: hasContent ? (Number.isSafeInteger(realSize) && realSize >= 0 ? realSize : size) : 0,
      crc32: null,
      directory,
      encrypted: false,
    })
    this.#longName = undefined
    this.#pax = new Map()
    const isWanted = !directory && hasContent && safeText(decodeUtf8(name) ?? "") === this.#wanted?.path
    if (isWanted && size > this.#wanted.maxBytes) {
      this.#content = "too_large"
      this.#ended = "whole"
      return
    }
    this.#beginContent(hasContent ? size : 0, isWanted ? { kind: "wanted", chunks: [] } : undefined)
  }

  #beginContent(size: number, metadata: Metadata | undefined): void {
    this.#left = size
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes
    this.#metadata = metadata
    if (size === 0) this.#endContent()
  }

  #endContent(): void {
    const metadata = this.#metadata
    this.#metadata = undefined
    if (metadata === undefined) return
    const bytes = joinBytes(...metadata.chunks)
    if (metadata.kind === "wanted") {
      this.#content = bytes
      this.#ended = "whole"
    }
    // GNU ends a long name with a zero byte.
    if (metadata.kind === "L") this.#longName = fieldOf(bytes, 0, bytes.length)
    if (metadata.kind === "x") this.#pax = paxRecords(bytes)
  }
}
