import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Database, DatabaseError } from "../../db/database.ts"
import { type TakenSet, takenSets } from "../../db/taken-sets.ts"
import { fileKeyOf } from "./file-key.ts"
import type { VolumeSet } from "./source-reading.ts"

/** So many sets are looked at with one statement. */
const AT_ONCE = 100
/** For so long an answer holds: others end their work, or take sets up. */
const FRESH_MILLIS = 1_000

/** Where a set stands that need not be taken up. */
type Taken = TakenSet["standing"]

/** What is known of the sets of a source that wait to be taken up: others that read it have many of them. */
export interface TakenSets {
  /** These come, in this order. */
  readonly expect: (sets: ReadonlyArray<VolumeSet>) => void
  /** Undefined: it may be claimed. A set is asked for once. */
  readonly look: (set: VolumeSet) => Effect.Effect<Taken | undefined, DatabaseError, Database>
}

/** Looks at many sets at once: one by one, fifty accounts that share a source would spend more on looking than on archives. */
export const makeTakenSets = Effect.fn("makeTakenSets")(function* (channelId: string, accountId: string) {
  const clock = yield* Clock.Clock
  const oneAtATime = yield* Semaphore.make(1)
  const waiting = new Set<VolumeSet>()
  const seen = new Map<VolumeSet, { readonly taken: Taken | undefined; readonly at: number }>()

  const isKnown = (set: VolumeSet): boolean => {
    const known = seen.get(set)
    return known !== undefined && clock.currentTimeMillisUnsafe() - known.at < FRESH_MILLIS
  }
  const ask = Effect.fnUntraced(function* (set: VolumeSet) {
    const asked = [set]
    for (const other of waiting) {
      if (asked.length === AT_ONCE) break
      if (other !== set && !isKnown(other)) asked.push(other)
    }
    const at = clock.currentTimeMillisUnsafe()
    const found = yield* takenSets(
      channelId,
      accountId,
      asked.map(({ firstMessageId, volumes }) => ({ firstMessageId, fileKey: fileKeyOf(volumes) })),
    )
    const standings = new Map(found.map(({ firstMessageId, standing }) => [firstMessageId, standing]))
    for (const one of asked) seen.set(one, { taken: standings.get(one.firstMessageId), at })
  })
  return {
    expect: (sets) => {
      for (const set of sets) waiting.add(set)
    },
    look: Effect.fnUntraced(function* (set) {
      yield* oneAtATime.withPermits(1)(Effect.suspend(() => (isKnown(set) ? Effect.void : ask(set))))
      const taken = seen.get(set)?.taken
      waiting.delete(set)
      seen.delete(set)
      return taken
    }),
  } satisfies TakenSets
})
