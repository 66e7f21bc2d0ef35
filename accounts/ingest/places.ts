import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { DownloadShare } from "../telegram/download-goal.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { ArrivalRate } from "./arrival-rate.ts"
import { DownloadQueue } from "./download-queue.ts"
import { filesAtOnce, Lane, type Moved, mayMoveBeside, type Pace } from "./lane.ts"

const MEBIBYTE = 1024 * 1024

/** What all sets of an account that are on their way, and so on the disk, may weigh; a small one 1, a large one 2. */
const ALL_PLACES = 10
const LARGE_BYTES = 64 * MEBIBYTE
/** More sets at once bring nothing: TDLib keeps 2 MiB in flight for all files of an account (facts/peers.md, 3b). */
const MOST_COMING = 6
/** The next set is begun so long before those that are coming are there, and no earlier: another account might take it. */
const AHEAD_SECONDS = 0.5
/** Sets that are here and wait for an upload to end; with more of them nothing is gained by downloading. */
const MOST_WAITING_TO_SEND = 2
const MOST_SENDING = 3
/** Parts of an upload that Telegram refuses come again after a second; meanwhile the next upload moves. */
const SEND_AHEAD_SECONDS = 0.5

export interface PlaceWanted {
  /** Of the set. */
  readonly bytes: number
  /** It was just posted: it goes before all that wait, and waits for nothing but room. */
  readonly isPosted: boolean
}

/** A set's place among those of the account that are on their way. */
export interface Place {
  /** So many bytes of the set are here. */
  readonly arrived: (bytes: number) => void
  /** There is nothing more to come. */
  readonly complete: () => void
}

interface Standing {
  readonly wanted: PlaceWanted
  readonly weight: number
  readonly admitted: Deferred.Deferred<void>
  state: "waiting" | "coming" | "here" | "left"
  /** Still to come. */
  missingBytes: number
}

/**
 * The sets of an account that are on their way, and the line of those that wait. One is let in when it can be begun, not
 * earlier: what is claimed, no other account takes. Time is told by `now`, in milliseconds.
 */
export class SetLine {
  readonly #pace: Pace
  readonly #waiting: Array<Standing> = []
  readonly #coming = new Set<Standing>()
  #free = ALL_PLACES
  #waitingToSend = 0

  /** @param rate at which bytes of all of them arrive */
  constructor(now: () => number, rate: ArrivalRate) {
    this.#pace = { now, rate, aheadSeconds: AHEAD_SECONDS }
  }

  join(wanted: PlaceWanted): Standing {
    const weight = wanted.bytes > LARGE_BYTES ? 2 : 1
    const admitted = Deferred.makeUnsafe<void>()
    const standing: Standing = { wanted, weight, admitted, state: "waiting", missingBytes: wanted.bytes }
    const behindPosts = this.#waiting.findIndex((other) => !other.wanted.isPosted)
    this.#waiting.splice(wanted.isPosted && behindPosts >= 0 ? behindPosts : this.#waiting.length, 0, standing)
    this.#admit()
    return standing
  }

  arrived(standing: Standing, bytes: number): void {
    standing.missingBytes = standing.wanted.bytes - bytes
    this.#admit()
  }

  complete(standing: Standing): void {
    if (standing.state !== "coming") return
    standing.state = "here"
    this.#coming.delete(standing)
    this.#admit()
  }

  leave(standing: Standing): void {
    if (standing.state === "waiting") this.#waiting.splice(this.#waiting.indexOf(standing), 1)
    else if (standing.state !== "left") this.#free += standing.weight
    this.#coming.delete(standing)
    standing.state = "left"
    this.#admit()
  }

  /** One more (or, below 0, one less) is here and cannot be sent yet. */
  waitingToSend(change: number): void {
    this.#waitingToSend += change
    this.#admit()
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#mayCome(first); first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= first.weight
      first.state = "coming"
      this.#coming.add(first)
      Deferred.doneUnsafe(first.admitted, Exit.void)
    }
  }

  #mayCome({ wanted, weight }: Standing): boolean {
    if (weight > this.#free) return false
    if (wanted.isPosted) return true
    if (this.#waitingToSend >= MOST_WAITING_TO_SEND) return false
    return this.#coming.size < MOST_COMING && mayMoveBeside(this.#coming, this.#pace)
  }
}

/** Where the sets of this account wait for each other. */
export class Places extends Context.Service<
  Places,
  {
    /** A place for a set until the scope ends; `whileWaiting` is run first when there is none at once. */
    readonly enter: (
      wanted: PlaceWanted,
      whileWaiting?: Effect.Effect<void>,
    ) => Effect.Effect<Place, never, Scope.Scope>
    /** Downloads one volume of so many bytes, behind all that were begun before, with its share of what TDLib fetches. */
    readonly volume: <A, E, R>(
      bytes: number,
      download: (share: DownloadShare, moved: Moved) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E, R>
    /** Sends so many bytes, after those that wait for it; what a person awaits, at once. */
    readonly send: <A, E, R>(
      bytes: number,
      work: (moved: Moved) => Effect.Effect<A, E, R>,
      isAwaited?: boolean,
    ) => Effect.Effect<A, E, R>
  }
>()("accounts/ingest/Places") {
  static readonly layer = Layer.effect(
    Places,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const now = () => clock.currentTimeMillisUnsafe()
      const [arrivals, departures] = [new ArrivalRate(), new ArrivalRate()]
      const line = new SetLine(now, arrivals)
      const downloads = new Lane({ now, rate: arrivals, most: MOST_COMING, aheadSeconds: 0 })
      const sends = new Lane({
        now,
        rate: departures,
        most: MOST_SENDING,
        aheadSeconds: SEND_AHEAD_SECONDS,
        onWaiting: (change) => line.waitingToSend(change),
      })
      const limit = yield* UploadLimit
      const queue = new DownloadQueue({
        isFast: () => filesAtOnce(arrivals.sustainedBytesPerSecond(now())) > 1,
        isPremium: limit.isPremium,
      })
      return Places.of({
        enter: Effect.fnUntraced(function* (wanted, whileWaiting = Effect.void) {
          const standing = yield* Effect.acquireRelease(
            Effect.sync(() => line.join(wanted)),
            (joined) => Effect.sync(() => line.leave(joined)),
          )
          if (standing.state === "waiting") yield* whileWaiting
          yield* Deferred.await(standing.admitted)
          return {
            arrived: (bytes) => line.arrived(standing, bytes),
            complete: () => line.complete(standing),
          } satisfies Place
        }),
        volume: (bytes, download) =>
          downloads.with(bytes, (moved) =>
            Effect.acquireUseRelease(
              Effect.sync(() => queue.join(bytes)),
              (share) =>
                download(share, (fresh) => {
                  moved(fresh)
                  queue.look()
                }),
              (share) => Effect.sync(() => queue.leave(share)),
            ),
          ),
        send: (bytes, work, isAwaited) => sends.with(bytes, work, isAwaited),
      })
    }),
  )
}
