import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ArrivalRate } from "./arrival-rate.ts"

const MEBIBYTE = 1024 * 1024
/**
 * An account that moves so much is not slowed down by Telegram. TDLib begins a file slowly and then fetches a part every 3 ms
 * (facts/peers.md, 3b): one of 4 MiB alone comes at 9 MiB/s, a larger one at 16 (measured on the sandbox).
 */
const FAST_BYTES_PER_SECOND = 7 * MEBIBYTE
/** As long as each of several files moves so fast, another beside them is a gain. */
const EACH_BYTES_PER_SECOND = 4 * MEBIBYTE

/** How many files are to move beside each other, where so much has moved for a while. */
export const filesAtOnce = (bytesPerSecond: number): number =>
  bytesPerSecond < FAST_BYTES_PER_SECOND ? 1 : 1 + Math.floor(bytesPerSecond / EACH_BYTES_PER_SECOND)

export interface Pace {
  readonly rate: ArrivalRate
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** The next one is begun so long before those under way are through. */
  readonly aheadSeconds: number
}

/** Whether another is to move beside those under way. */
export const mayMoveBeside = (
  underWay: ReadonlySet<{ readonly missingBytes: number }>,
  { aheadSeconds, now, rate }: Pace,
): boolean => {
  if (underWay.size < filesAtOnce(rate.sustainedBytesPerSecond(now()))) return true
  const missing = [...underWay].reduce((sum, { missingBytes }) => sum + missingBytes, 0)
  return missing < rate.bytesPerSecond(now()) * aheadSeconds
}

export interface LaneOptions extends Pace {
  /** So many files at once, at most. */
  readonly most: number
  /** Hears that one more (or, below 0, one less) waits. */
  readonly onWaiting?: (change: number) => void
}

/** Is told how many bytes have moved since it was last told. */
export type Moved = (bytes: number) => void

interface Journey {
  readonly admitted: Deferred.Deferred<void>
  missingBytes: number
}

/**
 * Lets files move one after the other, and beside each other as long as that is a gain. When Telegram slows an account down,
 * more at once would do harm: TDLib repeats the parts that were refused a second later, and parts of newer files get ahead of
 * the last ones of older files, until these have been refused so often that their transfer fails (facts/local-telegram.md).
 * But while the last parts of one wait for their second to pass, the next one is to move.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #waiting: Array<Journey> = []
  readonly #underWay = new Set<Journey>()

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Moves so many bytes, after those that wait for the lane already; what somebody awaits, at once. */
  with<A, E, R>(bytes: number, work: (moved: Moved) => Effect.Effect<A, E, R>, isAwaited = false) {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.#join(bytes, isAwaited)),
      (journey) =>
        Effect.andThen(
          Deferred.await(journey.admitted),
          Effect.suspend(() => work((moved) => this.#move(journey, moved))),
        ),
      (journey) => Effect.sync(() => this.#leave(journey)),
    )
  }

  #move(journey: Journey, bytes: number): void {
    this.#options.rate.add(this.#options.now(), bytes)
    journey.missingBytes -= bytes
    this.#look()
  }

  #join(bytes: number, isAwaited: boolean): Journey {
    const journey = { admitted: Deferred.makeUnsafe<void>(), missingBytes: bytes }
    if (isAwaited) this.#begin(journey)
    else {
      this.#waiting.push(journey)
      this.#options.onWaiting?.(1)
      this.#look()
    }
    return journey
  }

  #leave(journey: Journey): void {
    this.#underWay.delete(journey)
    const index = this.#waiting.indexOf(journey)
    if (index >= 0) {
      this.#waiting.splice(index, 1)
      this.#options.onWaiting?.(-1)
    }
    this.#look()
  }

  #look(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#mayBegin(); first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#begin(first)
      this.#options.onWaiting?.(-1)
    }
  }

  #begin(journey: Journey): void {
    this.#underWay.add(journey)
    Deferred.doneUnsafe(journey.admitted, Exit.void)
  }

  #mayBegin(): boolean {
    return this.#underWay.size < this.#options.most && mayMoveBeside(this.#underWay, this.#options)
  }
}
