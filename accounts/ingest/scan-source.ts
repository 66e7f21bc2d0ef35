import * as Effect from "effect/Effect"
import type { Seen } from "../../db/source-states.ts"
import type { CellConfig } from "../../src/channel/warden-messages.ts"
import { climbFrom, descendFrom, type Stretch } from "../telegram/document-pages.ts"
import type { Tdlib } from "../telegram/tdlib.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"

type ScanOrder = CellConfig["scanOrder"]

/** How far a scan is; `loose` is not the scan's to know. */
export type ScanPlace = Omit<Seen, "loose">

/**
 * Reads the documents of a source that were not seen yet, stretch by stretch, and knows at every moment what was: a
 * scan goes on where an earlier one was cut off. Oldest first it climbs from the floor. Newest first it keeps an island
 * of what was seen at the top, and lets it grow upwards, where posts came meanwhile, then downwards to the floor.
 */
export class SourceScan {
  readonly #chatId: number
  readonly #order: ScanOrder
  #place: ScanPlace
  #step: Effect.Effect<Stretch, TelegramError, Tdlib> | undefined
  #isClimbing = false

  constructor(chatId: number, order: ScanOrder, place: ScanPlace) {
    this.#chatId = chatId
    this.#order = order
    this.#place = place
  }

  get place(): ScanPlace {
    return this.#place
  }

  /** Documents, in the order of reading, of which nobody knew; and whether these were the last. */
  get next(): Effect.Effect<Pick<Stretch, "messages" | "isEnd">, TelegramError, Tdlib> {
    return Effect.suspend(() => {
      this.#step ??= this.#begin()
      return Effect.map(this.#step, (stretch) => this.#note(stretch))
    })
  }

  #begin() {
    const { floor, high } = this.#place
    const hasIsland = high !== null
    this.#isClimbing = hasIsland || this.#order === "oldest"
    return this.#isClimbing ? climbFrom(this.#chatId, high ?? floor) : descendFrom(this.#chatId, null, floor)
  }

  #note({ edge, isEnd, messages, newest }: Stretch) {
    const { floor, high, low } = this.#place
    if (this.#isClimbing && (high === null || low === null)) {
      this.#place = { floor: edge, low: null, high: null }
      return { isEnd, messages: [...messages].sort((a, b) => a.id - b.id) }
    }
    if (this.#isClimbing) {
      this.#place = { floor, low, high: edge }
      if (isEnd) {
        this.#isClimbing = false
        this.#step = descendFrom(this.#chatId, low, floor)
      }
      return { isEnd: false, messages: [...messages].sort((a, b) => a.id - b.id) }
    }
    const top = high ?? newest
    this.#place = isEnd ? { floor: Math.max(top, floor), low: null, high: null } : { floor, low: edge, high: top }
    return { isEnd, messages: [...messages].sort((a, b) => b.id - a.id) }
  }
}
