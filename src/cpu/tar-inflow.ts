/** Lists a tar, compressed or not, out of the chunks of a pass that is made anyway. */
import type { ChildProcess } from "node:child_process"
import type { Readable, Writable } from "node:stream"
import { createGunzip } from "node:zlib"
import { type Format, formatOf } from "../archive/magic.ts"
import type { TarLister } from "../archive/tar-listing.ts"
import type { Cancellation } from "./cancellation.ts"
import type { TarListing } from "./jobs.ts"
import { spawnSevenZip } from "./seven-zip.ts"

/** A stream that unpacks to more than this many times its size, and to more than 1 GiB, is a bomb. */
const maxRatio = 200
const freeBytes = 1024 ** 3

/**
 * Compressors that 7-Zip reads from its standard input, by 7-Zip's name of the format. Node has Zstandard, too, but ends
 * at the end of the first frame, and parallel packers write many.
 */
const sevenZipTypes: Partial<Record<Format, string>> = { zstd: "zstd", bzip2: "bzip2", xz: "xz", compress: "Z" }

interface Unpacker {
  readonly input: Writable
  readonly output: Readable
  readonly stop: () => void
}

const fromChild = (child: ChildProcess): Unpacker | undefined => {
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) return undefined
  return { input: stdin, output: stdout, stop: () => child.kill("SIGKILL") }
}

const unpackerOf = (format: Format): Unpacker | undefined => {
  if (format === "gzip") {
    const stream = createGunzip({ chunkSize: 256 * 1024 })
    return { input: stream, output: stream, stop: () => stream.destroy() }
  }
  const type = sevenZipTypes[format]
  if (type === undefined) return undefined
  // It runs for as long as the pass does; what it may unpack is bounded by the ratio.
  return fromChild(
    spawnSevenZip({
      arguments: ["e", "-si", "-so", "-bd", `-t${type}`],
      directory: "/",
      input: "pipe",
      cpuSeconds: 24 * 3600,
    }),
  )
}

/** Feeds `lister`. Push the chunks of one stream in order, awaiting each, then `end`. `stop` frees what it holds, at any time. */
export class TarInflow {
  readonly #lister: TarLister
  readonly #cancellation: Cancellation
  #begun = false
  /** Nothing further is read, for the reason given by the state that `end` answers with. */
  #over: "no" | "failed" | "bomb" | "unknown" = "no"
  #unpacker: Unpacker | undefined
  #outputEnded: Promise<void> = Promise.resolve()
  #packedBytes = 0
  #unpackedBytes = 0

  constructor(lister: TarLister, cancellation: Cancellation) {
    this.#lister = lister
    this.#cancellation = cancellation
    void cancellation.ended.then(() => this.stop())
  }

  /** Takes the next bytes; once the promise (if any) is fulfilled the chunk may be reused. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#begun) this.#begin(chunk)
    if (this.#over !== "no" || this.#lister.isDone) return undefined
    this.#packedBytes += chunk.length
    const unpacker = this.#unpacker
    if (unpacker === undefined) {
      this.#lister.push(chunk)
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

  /** Ends the stream; null when it was no tar. */
  async end(): Promise<TarListing | null> {
    if (this.#over === "no" && this.#unpacker !== undefined) {
      this.#unpacker.input.end()
      await this.#outputEnded
    }
    this.#cancellation.check()
    const { listing, state } = this.#lister.end()
    if (state === "not_tar") return null
    const isWhole = state === "whole" && this.#over === "no"
    const truncated = listing.truncated || this.#over === "bomb"
    return { ...listing, truncated, damaged: !isWhole && this.#over !== "bomb" }
  }

  stop(): void {
    this.#unpacker?.stop()
  }

  #begin(chunk: Uint8Array): void {
    this.#begun = true
    const format = formatOf({
      bytes: chunk.length,
      read: (offset, length) => chunk.subarray(offset, offset + length),
    })
    if (format === "tar" || format === "other") return
    const unpacker = unpackerOf(format)
    if (unpacker === undefined) {
      this.#over = "unknown"
      return
    }
    this.#unpacker = unpacker
    this.#outputEnded = new Promise((resolve) => {
      unpacker.output.once("close", resolve)
      unpacker.output.once("end", resolve)
    })
    const fail = () => {
      // A tar that is listed to its end may be followed by anything.
      if (this.#over === "no" && !this.#lister.isDone) this.#over = "failed"
      unpacker.stop()
    }
    unpacker.input.on("error", fail)
    unpacker.output.on("error", fail)
    unpacker.output.on("data", (unpacked: Uint8Array) => {
      this.#unpackedBytes += unpacked.length
      this.#lister.push(unpacked)
      if (this.#lister.isDone) return unpacker.stop()
      if (this.#unpackedBytes > freeBytes && this.#unpackedBytes > maxRatio * this.#packedBytes) {
        this.#over = "bomb"
        unpacker.stop()
      }
    })
  }
}
