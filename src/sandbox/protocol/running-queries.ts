import { ProtocolViolation } from "./protocol-violation.ts"

/** What one session may have asked for and not yet have an answer to. */
const MAX_QUERIES = 4096
const MAX_BYTES = 64 * 1024 * 1024
/** Of how many answered queries it is remembered how they ended. */
const MAX_OUTCOMES = 1024

export type Outcome = "answered" | "failed"

/** The queries of a session that are being worked on, and how the last ones ended. */
export class RunningQueries {
  readonly #running = new Map<bigint, number>()
  readonly #outcomes = new Map<bigint, Outcome>()
  readonly #waiting = new Map<bigint, PromiseWithResolvers<Outcome>>()
  #bytes = 0

  /** bytes: the size of the query. Throws ProtocolViolation when there are too many. */
  begin(queryId: bigint, bytes: number): void {
    this.#running.set(queryId, bytes)
    this.#bytes += bytes
    if (this.#running.size > MAX_QUERIES || this.#bytes > MAX_BYTES) {
      throw new ProtocolViolation("limit", `${this.#running.size} queries of ${this.#bytes} bytes wait for an answer`)
    }
  }

  /** False when the query was not running, or was given up. */
  end(queryId: bigint, outcome: Outcome): boolean {
    this.#outcomes.set(queryId, outcome)
    if (this.#outcomes.size > MAX_OUTCOMES) {
      for (const oldest of this.#outcomes.keys()) {
        this.#outcomes.delete(oldest)
        break
      }
    }
    this.#waiting.get(queryId)?.resolve(outcome)
    this.#waiting.delete(queryId)
    return this.giveUp(queryId)
  }

  /** Forgets a query whose answer nobody wants any more; false when it was not running. */
  giveUp(queryId: bigint): boolean {
    this.#bytes -= this.#running.get(queryId) ?? 0
    return this.#running.delete(queryId)
  }

  has(queryId: bigint): boolean {
    return this.#running.has(queryId)
  }

  hasEnded(queryId: bigint): boolean {
    return this.#outcomes.has(queryId)
  }

  /** How a query ended; waits for that, also when the query is still to come, up to the patience in milliseconds. */
  async outcome(queryId: bigint, patience: number): Promise<Outcome | undefined> {
    const known = this.#outcomes.get(queryId)
    if (known !== undefined) return known
    const waiting = this.#waiting.get(queryId) ?? Promise.withResolvers<Outcome>()
    this.#waiting.set(queryId, waiting)
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => {
      this.#waiting.delete(queryId)
      resolve(undefined)
    }, patience)
    try {
      return await Promise.race([waiting.promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
