import { giveBack } from "../give-back.ts"

/** Joins small pieces when there are this many, so that a peer that sends byte by byte costs no more than its bytes. */
const MAX_CHUNKS = 512

/** Where pieces are put together that are taken: one after another, and each is used before the next is taken. */
let scratch = Buffer.allocUnsafeSlow(256 * 1024)
/** What was taken last, if it was all that was left of its piece: in use until bytes are taken again. */
let spent: Buffer | undefined

const join = (chunks: readonly Buffer[]): Buffer => {
  const joined = Buffer.concat(chunks)
  chunks.forEach(giveBack)
  return joined
}

/** Bytes that arrived in pieces and are taken in other pieces. The pieces are its own: their memory is freed after use. */
export class ByteQueue {
  #chunks: Buffer[] = []
  #length = 0

  /** How many bytes wait. */
  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#chunks.length > MAX_CHUNKS) this.#chunks = [join(this.#chunks)]
  }

  /** The first bytes without consuming them, or undefined when there are fewer. */
  peek(length: number): Buffer | undefined {
    if (this.#length < length) return undefined
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    this.#chunks = [join(this.#chunks)]
    return this.#chunks[0]?.subarray(0, length)
  }

  /**
   * The first bytes, consumed; undefined, and nothing consumed, when there are fewer. Valid until bytes are taken again, of
   * any queue.
   */
  take(length: number): Buffer | undefined {
    if (this.#length < length) return undefined
    this.#length -= length
    if (spent !== undefined) giveBack(spent)
    spent = undefined
    const first = this.#chunks[0]
    if (first !== undefined && first.length > length) {
      this.#chunks[0] = first.subarray(length)
      return first.subarray(0, length)
    }
    if (first?.length === length) {
      spent = first
      return this.#chunks.shift()
    }
    if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length)
    for (let taken = 0; taken < length; ) {
      const chunk = this.#chunks.shift() ?? scratch
      const wanted = length - taken
      chunk.copy(scratch, taken, 0, wanted)
      if (chunk.length > wanted) this.#chunks.unshift(chunk.subarray(wanted))
      else giveBack(chunk)
      taken += Math.min(chunk.length, wanted)
    }
    return scratch.subarray(0, length)
  }

  /** Everything that waits, consumed. */
  drain(): readonly Buffer[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#length = 0
    return chunks
  }
}
