import type { Message } from "./message.ts"
import { kindsOf, type MessageKind } from "./message-kinds.ts"

/** From this many on, deletions sift a whole list at once instead of taking out one id after the other. */
const MANY = 64

/** The index of the first id that is not below this one, in ascending ids. */
export const lowerBound = (ids: readonly number[], id: number): number => {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] ?? 0) < id) low = middle + 1
    else high = middle
  }
  return low
}

/** Takes an id out of ascending ids, if it is there. */
export const removeId = (ids: number[], id: number): void => {
  const index = lowerBound(ids, id)
  if (ids[index] === id) ids.splice(index, 1)
}

const addId = (ids: number[], id: number): void => {
  const index = lowerBound(ids, id)
  if (index === ids.length) ids.push(id)
  else if (ids[index] !== id) ids.splice(index, 0, id)
}

/** The ids of the messages that are not deleted, by kind, ascending: of a channel, or of one topic of a forum. */
export class LiveMessages {
  readonly #ids = new Map<MessageKind, number[]>()
  readonly #all: number[] = []

  /** The id of the newest one. */
  get top(): number | undefined {
    return this.#all.at(-1)
  }

  add(message: Message): void {
    addId(this.#all, message.id)
    for (const kind of kindsOf(message)) {
      const ids = this.#ids.get(kind)
      if (ids === undefined) this.#ids.set(kind, [message.id])
      else addId(ids, message.id)
    }
  }

  remove(message: Message): void {
    removeId(this.#all, message.id)
    for (const kind of kindsOf(message)) removeId(this.#ids.get(kind) ?? [], message.id)
  }

  removeAll(messages: readonly Message[]): void {
    if (messages.length < MANY) {
      for (const message of messages) this.remove(message)
      return
    }
    const gone = new Set(messages.map(({ id }) => id))
    for (const ids of [this.#all, ...this.#ids.values()]) {
      let kept = 0
      for (const id of ids) if (!gone.has(id)) ids[kept++] = id
      ids.length = kept
    }
  }

  /** A message has changed: it may be of other kinds now. */
  replace(before: Message, after: Message): void {
    this.remove(before)
    this.add(after)
  }

  /** The ids of this kind, ascending. */
  of(kind: MessageKind): readonly number[] {
    return kind === "any" ? this.#all : (this.#ids.get(kind) ?? [])
  }
}
