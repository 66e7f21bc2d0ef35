/** Joins small pieces when there are this many, so that a peer that sends byte by byte costs no more than its bytes. */
const MAX_CHUNKS = 512

/** Bytes that arrived in pieces and are taken in other pieces. */
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
    if (this.#chunks.length > MAX_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
  }

  /** The first bytes without consuming them, or undefined when there are fewer. */
  peek(length: number): Buffer | undefined {
    if (this.#length < length) return undefined
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]?.subarray(0, length)
  }

  /** The first bytes, consumed; undefined, and nothing consumed, when there are fewer. */
  take(length: number): Buffer | undefined {
    const taken = this.peek(length)
    const first = this.#chunks[0]
    if (taken === undefined) return undefined
    if (first !== undefined && first.length > length) this.#chunks[0] = first.subarray(length)
    else if (length > 0) this.#chunks.shift()
    this.#length -= length
    return taken
  }

  /** Everything that waits, consumed. */
  drain(): readonly Buffer[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#length = 0
    return chunks
  }
}
