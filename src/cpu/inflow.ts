/** Unpacks a stream, if it is packed, as its chunks pass by, into something that takes the unpacked bytes. */
import { type Format, formatOf } from "../archive/magic.ts"
import type { Cancellation } from "./cancellation.ts"
import { type Packed, type Unpacker, unpackerOf } from "./unpackers.ts"

/** A stream that unpacks to more than this many times its size, and to more than 1 GiB, is a bomb. */
const maxRatio = 200
const freeBytes = 1024 ** 3

/** So many bytes tell the format. */
const headBytes = 512

/** Takes the unpacked bytes; the chunk may be reused afterwards. */
export interface Sink {
  readonly push: (chunk: Uint8Array) => void
  /** True when nothing that follows matters. */
  readonly isDone: boolean
}

/**
 * How a stream ended: to its end, or as far as the sink wanted it (`whole`); broken (`failed`); left off (`bomb`); or as
 * something that has no magic number and was tried in vain (`unknown`).
 */
export type InflowEnd = "whole" | "failed" | "bomb" | "unknown"

/** What a format is unpacked as; undefined = taken as it is. */
const packedOf = (format: Format, head: Uint8Array): Packed | undefined => {
  switch (format) {
    case "tar":
    case "zip":
    case "rar":
    case "seven_z":
    case "exe":
      return undefined
    case "other":
      // An empty tar is nothing but zeros. Brotli has no magic number, and nearly everything else is no Brotli.
      return head.every((byte) => byte === 0) ? undefined : "brotli"
    default:
      return format
  }
}

/** Push the chunks of one stream in order, awaiting each, then `end`. `stop` frees what it holds, at any time. */
export class Inflow {
  readonly #sink: Sink
  readonly #cancellation: Cancellation
  #begun = false
  #head: Uint8Array = new Uint8Array(0)
  #over: InflowEnd = "whole"
  #isGuess = false
  #unpacker: Unpacker | undefined
  #outputEnded: Promise<void> = Promise.resolve()
  #packedBytes = 0
  #unpackedBytes = 0

  constructor(sink: Sink, cancellation: Cancellation) {
    this.#sink = sink
    this.#cancellation = cancellation
    void cancellation.ended.then(() => this.stop())
  }

  /** Takes the next bytes; once the promise (if any) is fulfilled the chunk may be reused. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#begun) return this.#take(chunk)
    // A download may begin with a few bytes.
    const head = this.#head.length === 0 ? chunk : new Uint8Array(Buffer.concat([this.#head, chunk]))
    if (head.length < headBytes) {
      this.#head = Uint8Array.from(head)
      return undefined
    }
    this.#begin(head)
    return this.#take(head)
  }

  /** Ends the stream, and the sink with it. */
  async end(): Promise<InflowEnd> {
    if (!this.#begun && this.#head.length > 0) {
      this.#begin(this.#head)
      await this.#take(this.#head)
    }
    if (this.#over === "whole" && this.#unpacker !== undefined) {
      this.#unpacker.input.end()
      await this.#outputEnded
    }
    this.#cancellation.check()
    return this.#over
  }

  stop(): void {
    this.#unpacker?.stop()
  }

  #take(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#over !== "whole" || this.#sink.isDone) return undefined
    this.#packedBytes += chunk.length
    const unpacker = this.#unpacker
    if (unpacker === undefined) {
      this.#sink.push(chunk)
      return undefined
    }
    return new Promise((resolve) => {
      // Whatever becomes of the stream, the pass goes on.
      unpacker.output.once("close", resolve)
      unpacker.input.write(chunk, () => {
        unpacker.output.off("close", resolve)
        resolve()
      })
    })
  }

  #begin(head: Uint8Array): void {
    this.#begun = true
    const format = formatOf({ bytes: head.length, read: (offset, length) => head.subarray(offset, offset + length) })
    const packed = packedOf(format, head)
    if (packed === undefined) return
    this.#isGuess = packed === "brotli" || packed === "lzma"
    const unpacker = unpackerOf(packed)
    this.#unpacker = unpacker
    this.#outputEnded = new Promise((resolve) => {
      unpacker.output.once("close", resolve)
      unpacker.output.once("end", resolve)
    })
    const fail = () => {
      // What is read to its end may be followed by anything.
      if (this.#over === "whole" && !this.#sink.isDone)
        this.#over = this.#isGuess && this.#unpackedBytes === 0 ? "unknown" : "failed"
      unpacker.stop()
    }
    unpacker.input.on("error", fail)
    unpacker.output.on("error", fail)
    unpacker.output.on("data", (unpacked: Uint8Array) => {
      this.#unpackedBytes += unpacked.length
      if (this.#sink.isDone) return
      this.#sink.push(unpacked)
      if (this.#sink.isDone) return unpacker.stop()
      if (this.#unpackedBytes > freeBytes && this.#unpackedBytes > maxRatio * this.#packedBytes) {
        this.#over = "bomb"
        unpacker.stop()
      }
    })
  }
}
