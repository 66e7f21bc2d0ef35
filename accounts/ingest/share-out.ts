import { createHash } from "node:crypto"
import type { Reader } from "../../db/source-states.ts"

/** TDLib keeps 2 MiB of a download in flight, and 16 MiB for premium accounts, which are throttled less (facts/peers.md, 3b). */
const PREMIUM_WEIGHT = 4

/** From 0 to 1, both excluded; the same for the same account and set, wherever it is asked. */
const lot = (accountId: string, setKey: string): number =>
  (createHash("sha256").update(`${accountId}\n${setKey}`).digest().readUInt32BE(0) + 0.5) / 2 ** 32

/**
 * Orders sets for one of several accounts that read the same source: its own share first, the shares of the others after
 * that, each in its former order. Every account reckons the shares alike (weighted rendezvous hashing), so that they
 * begin with different sets and meet only where one has nothing left of its own.
 */
export const shareOut = <S>(
  sets: ReadonlyArray<S>,
  keyOf: (set: S) => string,
  accountId: string,
  readers: ReadonlyArray<Reader>,
): ReadonlyArray<S> => {
  if (!readers.some((reader) => reader.accountId !== accountId)) return sets
  const isOurs = (set: S): boolean => {
    const key = keyOf(set)
    const scores = readers.map((reader) => ({
      reader,
      score: -(reader.isPremium ? PREMIUM_WEIGHT : 1) / Math.log(lot(reader.accountId, key)),
    }))
    return scores.reduce((best, one) => (one.score > best.score ? one : best)).reader.accountId === accountId
  }
  const shares = Map.groupBy(sets, isOurs)
  return [...(shares.get(true) ?? []), ...(shares.get(false) ?? [])]
}
