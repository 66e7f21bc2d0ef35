import * as Schema from "effect/Schema"

/** The most messages that one answer holds, as on the real server. */
const MAX_PAGE = 100

/** How full the pages of histories and searches are. A real server gives fewer messages than were asked for at will. */
export const PageSettings = Schema.Struct({
  /** How many messages an answer holds at most; 100 otherwise. */
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_PAGE }))),
  /** Which share of a page may be missing at most, at random: 0 nothing, 1 all but one message. */
  shortness: Schema.optionalKey(Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** The same seed gives the same lengths in the same order of calls. */
  seed: Schema.optionalKey(Schema.Int),
})
export type PageSettings = typeof PageSettings.Type

/** Decides how many messages a page holds. */
export class Pages {
  #settings: PageSettings = {}
  #random = 0

  constructor(settings: PageSettings) {
    this.set(settings)
  }

  set(settings: PageSettings): void {
    this.#settings = settings
    this.#random = (settings.seed ?? 1) >>> 0
  }

  /**
   * How many messages an answer holds where so many were asked for. addOffset: the request's; where it is negative, the
   * page still reaches the message it begins at.
   */
  lengthFor(wanted: number, addOffset = 0): number {
    const { limit = MAX_PAGE, shortness = 0 } = this.#settings
    const most = Math.max(0, Math.min(wanted, limit, MAX_PAGE))
    if (shortness === 0) return most
    const short = Math.ceil(most * (1 - shortness * this.#next()))
    return Math.min(most, Math.max(short, 1, 1 - addOffset))
  }

  /** A number from 0 to below 1: the Lehmer generator of Park and Miller with the modulus 2^31 - 1. */
  #next(): number {
    this.#random = ((this.#random % 2_147_483_646) + 1) * 48_271
    this.#random %= 2_147_483_647
    return this.#random / 2_147_483_647
  }
}
