import { createHash } from "node:crypto"

/** The SHA-256 of an upload, computed while its parts arrive: those that come too early wait until it is their turn. */
export class RunningDigest {
  readonly #hash = createHash("sha256")
  readonly #readEarly: (part: number) => Uint8Array
  readonly #early = new Set<number>()
  #next = 0

  /** readEarly: gives a part that came too early, once. */
  constructor(readEarly: (part: number) => Uint8Array) {
    this.#readEarly = readEarly
  }

  /** How many parts it covers. */
  get parts(): number {
    return this.#next
  }

  /** Takes one part; "early" when it has to be kept until it is its turn, "known" when it is in already. */
  take(part: number, data: Uint8Array): "taken" | "early" | "known" {
    if (part < this.#next) return "known"
    if (part > this.#next) {
      this.#early.add(part)
      return "early"
    }
    this.#hash.update(data)
    this.#next++
    this.#early.delete(part)
    return "taken"
  }

  /** Takes the early parts whose turn has come; returns them, with their bytes. */
  *catchUp(): Generator<readonly [part: number, data: Uint8Array]> {
    while (this.#early.delete(this.#next)) {
      const part = this.#next
      const data = this.#readEarly(part)
      this.#hash.update(data)
      this.#next++
      yield [part, data]
    }
  }

  /** In hex, of the parts so far. */
  digest(): string {
    return this.#hash.copy().digest("hex")
  }
}
