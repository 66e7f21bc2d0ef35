/** The oldest answers are dropped beyond this many bytes. */
const MAX_BYTES = 64 * 1024 * 1024

export interface Answer {
  /** The message identifier of the answer. */
  readonly id: bigint
  readonly queryId: bigint
  readonly body: Buffer
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
    this.#bytes += answer.body.length
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
    this.#bytes -= answer.body.length
  }

  all(): readonly Answer[] {
    return [...this.#answers.values()]
  }
}
