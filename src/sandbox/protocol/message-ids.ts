/**
 * Message ids of the server: Unix time times 2^32, strictly increasing, remainder 1 modulo 4 for an answer to a query
 * and 3 for anything else (core.telegram.org/mtproto/description#message-identifier-msg-id).
 */
export class MessageIds {
  #last = 0n

  next(kind: "answer" | "other"): bigint {
    const milliseconds = BigInt(Date.now())
    const fromClock = ((milliseconds << 32n) / 1000n) & ~3n
    this.#last = fromClock > this.#last ? fromClock : this.#last + 4n
    return this.#last | (kind === "answer" ? 1n : 3n)
  }
}
