import type { Account } from "./account.ts"
import { lowerBound, removeId } from "./live-messages.ts"
import type { Message } from "./message.ts"
import type { MessageKind } from "./message-kinds.ts"

/** Which messages a history or search call wants. */
export interface Sought {
  readonly kind: MessageKind
  /** A part of the text or file name in any letter case; "" for any. */
  readonly text?: string
  /** Of this topic of a forum alone. */
  readonly topicId?: number | undefined
  readonly from?: Account | undefined
  /** Posted after this time, and before that one: Unix seconds; 0 for none. */
  readonly minDate?: number
  readonly maxDate?: number
}

/** How many searches are remembered, so that the next page of one costs no second scan. */
const REMEMBERED = 16

interface Remembered {
  readonly ids: number[]
  /** Everything up to this id was looked at. */
  lookedAtUpTo: number
}

const isUnconditional = ({ text = "", from, minDate = 0, maxDate = 0 }: Sought): boolean =>
  text === "" && from === undefined && minDate === 0 && maxDate === 0

const keyOf = ({ kind, text = "", topicId = 0, from, minDate = 0, maxDate = 0 }: Sought): string =>
  [kind, topicId, from?.id ?? 0, minDate, maxDate, text.toLowerCase()].join("\0")

const matcherOf = ({ text = "", from, minDate = 0, maxDate = 0 }: Sought): ((message: Message) => boolean) => {
  const wanted = text.toLowerCase()
  return (message) =>
    (from === undefined || message.from === from) &&
    (minDate === 0 || message.date > minDate) &&
    (maxDate === 0 || message.date < maxDate) &&
    (wanted === "" ||
      message.text.toLowerCase().includes(wanted) ||
      (message.file?.name.toLowerCase().includes(wanted) ?? false))
}

/**
 * Searches that an index alone does not answer. Each looks once at every message, and at those alone that have come since
 * when its next page is asked for.
 */
export class MessageSearches {
  readonly #message: (id: number) => Message | undefined
  readonly #searches = new Map<string, Remembered>()

  constructor(message: (id: number) => Message | undefined) {
    this.#message = message
  }

  /** Those of these ids (ascending) that are sought. */
  of(sought: Sought, ids: readonly number[]): readonly number[] {
    if (isUnconditional(sought)) return ids
    const search = this.#remembered(keyOf(sought))
    const matches = matcherOf(sought)
    for (let index = lowerBound(ids, search.lookedAtUpTo + 1); index < ids.length; index++) {
      const message = this.#message(ids[index] ?? 0)
      if (message !== undefined && matches(message)) search.ids.push(message.id)
    }
    search.lookedAtUpTo = ids.at(-1) ?? 0
    return search.ids
  }

  /** A message is there no longer. */
  remove(id: number): void {
    for (const { ids } of this.#searches.values()) removeId(ids, id)
  }

  /** A message has changed: whether it is found has to be looked at again. */
  forget(): void {
    this.#searches.clear()
  }

  #remembered(key: string): Remembered {
    const search = this.#searches.get(key) ?? { ids: [], lookedAtUpTo: 0 }
    this.#searches.delete(key)
    this.#searches.set(key, search)
    const [oldest] = this.#searches.keys()
    if (this.#searches.size > REMEMBERED && oldest !== undefined) this.#searches.delete(oldest)
    return search
  }
}
