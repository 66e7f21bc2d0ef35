/** The oldest answers are dropped beyond this many bytes, each with what it takes to remember it. */
const MAX_BYTES = 64 * 1024 * 1024
const BYTES_BESIDE = 512

export interface Answer {
  /** The message identifier of the answer. */
  readonly id: bigint
  readonly queryId: bigint
  /** How long the body is. */
  readonly bytes: number
  readonly body: () => Buffer
  /** How much memory the body takes while it waits: bytes; 0 when it is made anew. */
  readonly heldBytes: number
}

/** Answers that the client has not acknowledged, kept for sending them again. */
export class UnacknowledgedAnswers {
  readonly #answers = new Map<bigint, Answer>()
  /** Query to answer. */
  readonly #ids = new Map<bigint, bigint>()
  #bytes = 0

  add(answer: Answer): void {
    this.#answers.set(answer.id, answer)
    this.#ids.set(answer.queryId, answer.id)
    this.#bytes += answer.heldBytes + BYTES_BESIDE
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= MAX_BYTES) break
      this.remove(oldest)
    }
  }

  get(answerId: bigint): Answer | undefined {
    return this.#answers.get(answerId)
  }

  ofQuery(queryId: bigint): Answer | undefined {
    const id = this.#ids.get(queryId)
    return id === undefined ? undefined : this.#answers.get(id)
  }

  remove(answerId: bigint): void {
    const answer = this.#answers.get(answerId)
    if (answer === undefined) return
    this.#answers.delete(answerId)
    this.#ids.delete(answer.queryId)
    this.#bytes -= answer.heldBytes + BYTES_BESIDE
  }

  all(): readonly Answer[] {
    return [...this.#answers.values()]
  }
}
