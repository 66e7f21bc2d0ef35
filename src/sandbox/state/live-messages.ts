import type { Message, MessageKind } from "./channel.ts"

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

const removeId = (ids: number[], id: number): void => {
  const index = lowerBound(ids, id)
  if (ids[index] === id) ids.splice(index, 1)
}

/** The ids of the messages that are not deleted, by kind, ascending: of a channel, or of one topic of a forum. */
export class LiveMessages {
  readonly #ids: Record<MessageKind, number[]> = { any: [], document: [], photo: [] }

  /** The id of the newest one. */
  get top(): number | undefined {
    return this.#ids.any.at(-1)
  }

  /** Adds a message that is newer than all others. */
  add(message: Message): void {
    this.#ids.any.push(message.id)
    if (message.file !== undefined) this.#ids[message.file.kind].push(message.id)
  }

  remove(message: Message): void {
    removeId(this.#ids.any, message.id)
    if (message.file !== undefined) removeId(this.#ids[message.file.kind], message.id)
  }

  /** The ids of these kinds, ascending. */
  of(kinds: readonly MessageKind[]): readonly number[] {
    const [first, ...others] = kinds
    return first === undefined || others.length > 0
      ? kinds.flatMap((kind) => this.#ids[kind]).sort((a, b) => a - b)
      : this.#ids[first]
  }
}
