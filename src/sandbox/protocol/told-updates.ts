/** A client that acknowledges none of so many updates is taken to have missed them. */
const MAX_REMEMBERED = 1000

/**
 * Which updates a session's client may have missed: those that came while no connection carried the session, and those
 * that were sent and never acknowledged when the connection broke.
 */
export class ToldUpdates {
  readonly #unacknowledged = new Set<bigint>()
  #hasMissed = false

  /** Whether there were updates while no connection carried the session. */
  get hasMissed(): boolean {
    return this.#hasMissed
  }

  miss(): void {
    this.#hasMissed = true
  }

  sent(messageId: bigint): void {
    this.#unacknowledged.add(messageId)
    if (this.#unacknowledged.size <= MAX_REMEMBERED) return
    this.#unacknowledged.clear()
    this.#hasMissed = true
  }

  acknowledged(messageId: bigint): void {
    this.#unacknowledged.delete(messageId)
  }

  /** Whether the client must be told to ask what it missed; it is told once. */
  takeMissed(): boolean {
    const may = this.#hasMissed || this.#unacknowledged.size > 0
    this.#hasMissed = false
    this.#unacknowledged.clear()
    return may
  }
}
