import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/**
 * TDLib begins a file slowly and then fetches a part every 3 ms (facts/peers.md, 3b): one of 4 MiB comes at 9 MiB/s, a larger one
 * at 16 (measured on the sandbox). As long as each moves about as fast, another beside it is a gain; when they move slower,
 * something else is the limit.
 */
export const FILE_BYTES_PER_SECOND = 7 * 1024 * 1024

interface Waiting {
  readonly admitted: Deferred.Deferred<void>
}

/**
 * Lets files move one after the other, and beside each other as long as that is a gain. When Telegram slows an account down,
 * more at once would do harm: TDLib repeats the parts that were refused a second later, and parts of newer files get ahead of
 * the last ones of older files, until these have been refused so often that their transfer fails (facts/local-telegram.md).
 */
export class Lane {
  readonly #bytesPerSecond: () => number
  readonly #most: number
  readonly #onWaiting: (change: number) => void
  readonly #waiting: Array<Waiting> = []
  #underWay = 0

  /**
   * @param bytesPerSecond what moves on the lane, and has for a while
   * @param most so many files at once, at most
   * @param onWaiting hears that one more (or, below 0, one less) waits
   */
  constructor(bytesPerSecond: () => number, most: number, onWaiting: (change: number) => void = () => {}) {
    this.#bytesPerSecond = bytesPerSecond
    this.#most = most
    this.#onWaiting = onWaiting
  }

  /** Does the work after that which waits for the lane already; what somebody awaits, at once. */
  with<A, E, R>(work: Effect.Effect<A, E, R>, isAwaited = false): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => (isAwaited ? this.#beginAtOnce() : this.#join())),
      ({ admitted }) => Effect.andThen(Deferred.await(admitted), work),
      (waiting) => Effect.sync(() => this.#leave(waiting)),
    )
  }

  /** To be called when more moves than before. */
  look(): void {
    while (this.#waiting.length > 0 && this.#mayBegin()) {
      const first = this.#waiting.shift()
      if (first === undefined) return
      this.#underWay += 1
      this.#onWaiting(-1)
      Deferred.doneUnsafe(first.admitted, Exit.void)
    }
  }

  #beginAtOnce(): Waiting {
    this.#underWay += 1
    const admitted = Deferred.makeUnsafe<void>()
    Deferred.doneUnsafe(admitted, Exit.void)
    return { admitted }
  }

  #join(): Waiting {
    const waiting = { admitted: Deferred.makeUnsafe<void>() }
    this.#waiting.push(waiting)
    this.#onWaiting(1)
    this.look()
    return waiting
  }

  #leave(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting)
    if (index < 0) this.#underWay -= 1
    else {
      this.#waiting.splice(index, 1)
      this.#onWaiting(-1)
    }
    this.look()
  }

  #mayBegin(): boolean {
    if (this.#underWay === 0) return true
    return this.#underWay < this.#most && this.#underWay <= this.#bytesPerSecond() / FILE_BYTES_PER_SECOND
  }
}
