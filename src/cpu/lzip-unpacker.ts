/** Unpacks lzip: each of its members is a file of the older LZMA format in other clothes, which 7-Zip reads. */
import { once } from "node:events"
import { Transform, type TransformCallback } from "node:stream"
import { crc32 } from "node:zlib"
import { LzipError, LzipMembers, type LzipPiece, type LzipTrailer } from "../archive/lzip.ts"
import type { Unpacker } from "./unpackers.ts"

/** Parallel packers make members of megabytes; a stream with many of less than this each only wants to keep us busy. */
const minMemberBytes = 64 * 1024
const freeMembers = 64

interface Member {
  readonly unpacker: Unpacker
  readonly ended: Promise<unknown>
  crc: number
  bytes: number
}

/** A stream that fails with `LzipError` when a member is not what its trailer says. */
export class LzipUnpacker extends Transform {
  readonly #startLzma: () => Unpacker
  readonly #members = new LzipMembers()
  #member: Member | undefined
  #begun = 0
  #packedBytes = 0

  constructor(startLzma: () => Unpacker) {
    super()
    this.#startLzma = startLzma
  }

  /** Ends whatever is running. */
  stop(): void {
    this.#member?.unpacker.stop()
    this.destroy()
  }

  override _transform(chunk: Uint8Array, _: BufferEncoding, done: TransformCallback): void {
    this.#packedBytes += chunk.length
    this.#follow(() => this.#members.push(chunk), done)
  }

  override _flush(done: TransformCallback): void {
    this.#follow(() => this.#members.end(), done)
  }

  #follow(read: () => ReadonlyArray<LzipPiece>, done: TransformCallback): void {
    const work = async () => {
      for (const piece of read()) await this.#take(piece)
    }
    work().then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new LzipError(String(error))),
    )
  }

  async #take(piece: LzipPiece): Promise<void> {
    switch (piece.kind) {
      case "member":
        this.#begin()
        return this.#write(piece.lzmaHeader)
      case "data":
        return this.#write(piece.bytes)
      case "trailer":
        return this.#end(piece.trailer)
    }
  }

  #begin(): void {
    this.#begun += 1
    if (this.#begun > freeMembers && this.#packedBytes < this.#begun * minMemberBytes)
      throw new LzipError("there are too many small members")
    const unpacker = this.#startLzma()
    const ended = new Promise((resolve) => {
      unpacker.output.once("end", resolve)
      unpacker.output.once("close", resolve)
      unpacker.output.once("error", resolve)
    })
    const member: Member = { unpacker, ended, crc: 0, bytes: 0 }
    // Writing to one that has ended is no failure of its own: the trailer will tell.
    unpacker.input.on("error", () => {})
    unpacker.output.on("data", (chunk: Uint8Array) => {
      member.crc = crc32(chunk, member.crc)
      member.bytes += chunk.length
      if (!this.destroyed) this.push(chunk)
    })
    this.#member = member
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { input } = this.#member?.unpacker ?? {}
    if (input === undefined || bytes.length === 0 || input.destroyed || input.write(bytes)) return
    await Promise.race([once(input, "drain"), once(input, "close"), this.#member?.ended]).catch(() => {})
  }

  async #end(trailer: LzipTrailer): Promise<void> {
    const member = this.#member
    if (member === undefined) throw new LzipError("a trailer stands alone")
    member.unpacker.input.end()
    await member.ended
    this.#member = undefined
    member.unpacker.stop()
    if (member.bytes !== trailer.unpackedBytes || member.crc !== trailer.crc32)
      throw new LzipError("a member is not what its trailer says")
  }
}
