/** Over so long a rate is reckoned: longer than the whole second that Telegram has a slowed account wait at least. */
const WINDOW_MILLIS = 2_000
/** Of a shorter time nothing is concluded. */
const SHORTEST_MILLIS = 500
/** What arrives in the same so many milliseconds is added up. */
const SLICE_MILLIS = 50

/** How many bytes arrive in a second, lately. Times are milliseconds of a clock that never goes back. */
export class ArrivalRate {
  readonly #slices: Array<{ readonly at: number; bytes: number }> = []

  add(at: number, bytes: number): void {
    const newest = this.#slices.at(-1)
    if (newest !== undefined && at - newest.at < SLICE_MILLIS) newest.bytes += bytes
    else this.#slices.push({ at, bytes })
    this.#forget(at)
  }

  /** Since something arrived again. */
  bytesPerSecond(now: number): number {
    const bytes = this.#bytes(now)
    const oldest = this.#slices[0]
    return oldest === undefined ? 0 : (bytes * 1_000) / Math.max(now - oldest.at, SHORTEST_MILLIS)
  }

  /**
   * Over the last two seconds, also those in which nothing arrived: Telegram lets an account that it slows down have a good
   * deal at once after a rest.
   */
  sustainedBytesPerSecond(now: number): number {
    return (this.#bytes(now) * 1_000) / WINDOW_MILLIS
  }

  #bytes(now: number): number {
    this.#forget(now)
    return this.#slices.reduce((sum, slice) => sum + slice.bytes, 0)
  }

  #forget(now: number): void {
    const kept = this.#slices.findIndex(({ at }) => at >= now - WINDOW_MILLIS)
    this.#slices.splice(0, kept < 0 ? this.#slices.length : kept)
  }
}
