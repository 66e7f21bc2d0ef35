import { Context, Effect, Layer, Semaphore } from "effect"
import type { Direction } from "../channel/supervisor-rpcs.ts"
import { Timetable } from "./timetable.ts"
import { makeTokenBucket } from "./token-bucket.ts"

/** Bytes a second of all accounts together; undefined: no limit. */
export interface TotalSpeed {
  readonly down: number | undefined
  readonly up: number | undefined
}

/** Bytes in a megabit. */
const MEGABIT = 125_000

export const bytesPerSecond = (mbit: number): number => mbit * MEGABIT

/** Bytes are given out in pieces of half a second of the lowest limit, so that accounts take turns, but none so small that it costs. */
const PIECE_SECONDS = 0.5
const SMALLEST_PIECE = 64 * 1024

/** Of one account, or of all. */
interface Line {
  readonly turn: Semaphore.Semaphore
  readonly bucket: ReturnType<typeof makeTokenBucket>
}

const makeLine = (): Line => ({ turn: Semaphore.makeUnsafe(1), bucket: makeTokenBucket() })

/** Keeps the accounts within the speeds that the operator has set, each and together. */
export class Bandwidth extends Context.Service<
  Bandwidth,
  {
    /**
     * Waits until an account may move bytes, and answers how many of those it wants; null when there is no limit now.
     * Accounts take turns, however much each wants.
     */
    readonly take: (accountId: string, direction: Direction, wantedBytes: number) => Effect.Effect<number | null>
  }
>()("src/supervisor/Bandwidth") {
  static readonly layer = (total: TotalSpeed) =>
    Layer.effect(
      Bandwidth,
      Effect.map(Timetable, ({ scheduleOf }) => {
        const all = { down: makeLine(), up: makeLine() }
        const own = new Map<string, typeof all>()
        const ownOf = (accountId: string) => {
          const lines = own.get(accountId) ?? { down: makeLine(), up: makeLine() }
          own.set(accountId, lines)
          return lines
        }
        const ownSpeedOf = (accountId: string, direction: Direction): number | undefined => {
          const { maxDownloadMbit, maxUploadMbit } = scheduleOf(accountId)
          const mbit = direction === "down" ? maxDownloadMbit : maxUploadMbit
          return mbit === null ? undefined : bytesPerSecond(mbit)
        }
        /** One size for all: accounts that take turns must not get less because they ask for less at a time. */
        const pieceOf = (direction: Direction): number => {
          const speeds = [total[direction], ...[...own.keys()].map((accountId) => ownSpeedOf(accountId, direction))]
          const slowest = Math.min(...speeds.filter((speed) => speed !== undefined))
          return Math.max(SMALLEST_PIECE, Math.floor(slowest * PIECE_SECONDS))
        }
        const take = Effect.fn("Bandwidth.take")(function* (accountId: string, direction: Direction, wanted: number) {
          const line = ownOf(accountId)[direction]
          const piece = Effect.gen(function* () {
            const ownSpeed = ownSpeedOf(accountId, direction)
            if (ownSpeed === undefined && total[direction] === undefined) return null
            const bytes = Math.min(wanted, pieceOf(direction))
            yield* line.bucket.take(bytes, ownSpeed)
            yield* all[direction].turn.withPermits(1)(all[direction].bucket.take(bytes, total[direction]))
            return bytes
          })
          // One request of an account at a time waits for the others: so they take turns.
          return yield* line.turn.withPermits(1)(piece)
        })
        return Bandwidth.of({ take })
      }),
    )
}
