/** The last bytes of what passes, in memory that is used again for all of it. */
export class LastBytes {
  readonly #memory: Buffer
  #length = 0

  /** count: how many bytes are kept. */
  constructor(count: number) {
    this.#memory = Buffer.allocUnsafeSlow(count)
  }

  push(bytes: Uint8Array): void {
    const added = bytes.subarray(-this.#memory.length)
    const kept = Math.min(this.#length, this.#memory.length - added.length)
    this.#memory.copyWithin(0, this.#length - kept, this.#length)
    this.#memory.set(added, kept)
    this.#length = kept + added.length
  }

  /** They are others after the next push. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }
}
