import type { CellConfig } from "../src/channel/warden-messages.ts"

/** So much a life grows before it counts as heavy: with a soft limit below what a cell begins with it gets work done all the same. */
const LEAST_GROWTH_BYTES = 64 * 2 ** 20

/** Judges a cell by the resident bytes of its process. */
export class MemoryWatch {
  readonly #limits: CellConfig["memory"]
  #softBytes: number | undefined
  #isHeavy = false

  constructor(limits: CellConfig["memory"]) {
    this.#limits = limits
  }

  /** The cell has started, and takes so much of itself. */
  ready(residentBytes: number): void {
    this.#softBytes = Math.max(this.#limits.softBytes, residentBytes + LEAST_GROWTH_BYTES)
  }

  /** "heavy" is said once. */
  look(residentBytes: number): "heavy" | "too large" | undefined {
    if (residentBytes > this.#limits.hardBytes) return "too large"
    if (this.#isHeavy || this.#softBytes === undefined || residentBytes <= this.#softBytes) return undefined
    this.#isHeavy = true
    return "heavy"
  }
}
