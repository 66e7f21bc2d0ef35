/** What waits for a thread, in turns by owner: one account with a thousand sets does not keep the others waiting. */

/** An item that waits; forget it to take it out of the queue. */
export interface Waiting<A> {
  readonly owner: string
  readonly item: A
}

/** First come, first served for each owner; owners take turns. All operations but `remove` are constant in time. */
export class FairQueue<A> {
  /** In the order of turns; a Map keeps the order in which its keys were set. */
  readonly #lines = new Map<string, Set<Waiting<A>>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(owner: string, item: A): Waiting<A> {
    const waiting: Waiting<A> = { owner, item }
    const line = this.#lines.get(owner) ?? new Set()
    line.add(waiting)
    this.#lines.set(owner, line)
    this.#size += 1
    return waiting
  }

  /** The next item; its owner goes to the end of the round. */
  take(): A | undefined {
    const [turn] = this.#lines
    if (turn === undefined) return undefined
    const [owner, line] = turn
    const [first] = line
    this.#lines.delete(owner)
    if (first === undefined) return undefined
    line.delete(first)
    this.#size -= 1
    if (line.size > 0) this.#lines.set(owner, line)
    return first.item
  }

  /** Takes an item out of turn; false when it waits no longer. */
  remove(waiting: Waiting<A>): boolean {
    const line = this.#lines.get(waiting.owner)
    if (line === undefined || !line.delete(waiting)) return false
    if (line.size === 0) this.#lines.delete(waiting.owner)
    this.#size -= 1
    return true
  }
}
