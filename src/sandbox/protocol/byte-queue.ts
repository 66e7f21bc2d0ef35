import { giveBack } from "../give-back.ts"

/** Joins small pieces when there are this many, so that a peer that sends byte by byte costs no more than its bytes. */
const MAX_CHUNKS = 512

/** Where pieces are put together that are taken: one after another, and each is used before the next is taken. */
let scratch = Buffer.allocUnsafeSlow(256 * 1024)
/** The piece whose last bytes were taken as they are: in use until bytes are taken again. */
let spent: Buffer | undefined

/** Bytes that arrived in pieces and are taken in other pieces. The pieces are its own: their memory is freed after use. */
export class ByteQueue {
  #chunks: Buffer[] = []
  /** How much of the first piece has been taken. */
  #start = 0
  #length = 0

  /** How many bytes wait. */
  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#chunks.length > MAX_CHUNKS) this.#join()
  }

  /** The first bytes without consuming them, or undefined when there are fewer. */
  peek(length: number): Buffer | undefined {
    if (this.#length < length) return undefined
    if (this.#firstLength() < length) this.#join()
    return this.#chunks[0]?.subarray(this.#start, this.#start + length)
  }

  /**
   * The first bytes, consumed; undefined, and nothing consumed, when there are fewer. Valid until bytes are taken again, of
   * any queue.
   */
  take(length: number): Buffer | undefined {
    if (this.#length < length) return undefined
    if (spent !== undefined) giveBack(spent)
    spent = undefined
    const [first] = this.#chunks
    if (first !== undefined && this.#firstLength() >= length) {
      const taken = first.subarray(this.#start, this.#start + length)
      if (this.#consume(length) === "whole") spent = first
      return taken
    }
    if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length)
    for (let taken = 0; taken < length; ) {
      const chunk = this.#chunks[0] ?? scratch
      const wanted = Math.min(length - taken, this.#firstLength())
      chunk.copy(scratch, taken, this.#start, this.#start + wanted)
      if (this.#consume(wanted) === "whole") giveBack(chunk)
      taken += wanted
    }
    return scratch.subarray(0, length)
  }

  /** Everything that waits, consumed, in memory of its own. */
  drain(): Buffer {
    this.#join()
    const [all = Buffer.alloc(0)] = this.#chunks
    this.#chunks = []
    this.#length = 0
    return all
  }

  #firstLength(): number {
    return (this.#chunks[0]?.length ?? 0) - this.#start
  }

  /** Takes so many bytes off the first piece, which has them. */
  #consume(length: number): "whole" | "some" {
    this.#length -= length
    if (this.#firstLength() > length) {
      this.#start += length
      return "some"
    }
    this.#chunks.shift()
    this.#start = 0
    return "whole"
  }

  #join(): void {
    const [first, ...others] = this.#chunks
    if (first === undefined) return
    const joined = Buffer.concat([first.subarray(this.#start), ...others])
    this.#chunks.forEach(giveBack)
    this.#chunks = [joined]
    this.#start = 0
  }
}
