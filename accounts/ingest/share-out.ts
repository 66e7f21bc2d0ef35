import { createHash } from "node:crypto"
import type { Reader } from "../../db/source-states.ts"

/** TDLib keeps 2 MiB of a download in flight, and 16 MiB for premium accounts, which are throttled less (facts/peers.md, 3b). */
const PREMIUM_WEIGHT = 4

/** From 0 to 1, both excluded; the same for the same account and set, wherever it is asked. */
const lot = (accountId: string, setKey: string): number =>
  (createHash("sha256").update(`${accountId}\n${setKey}`).digest().readUInt32BE(0) + 0.5) / 2 ** 32

/**
 * Orders sets for one of several accounts that read the same source: first its own share, then those for which it is the
 * second choice, and so on, each in its former order. Every account reckons the choices alike (weighted rendezvous hashing),
 * so that they begin with different sets, and whoever has nothing left of its own goes on with what others have not come to,
 * each with another part of it.
 */
export const shareOut = <S>(
  sets: ReadonlyArray<S>,
  keyOf: (set: S) => string,
  accountId: string,
  readers: ReadonlyArray<Reader>,
): ReadonlyArray<S> => {
  const us = readers.find((reader) => reader.accountId === accountId)
  if (us === undefined || readers.length === 1) return sets
  const scoreOf = (reader: Reader, key: string): number =>
    -(reader.isPremium ? PREMIUM_WEIGHT : 1) / Math.log(lot(reader.accountId, key))
  const choice = (set: S): number => {
    const key = keyOf(set)
    const ours = scoreOf(us, key)
    return readers.filter((reader) => reader !== us && scoreOf(reader, key) > ours).length
  }
  return sets
    .map((set) => ({ set, choice: choice(set) }))
    .sort((a, b) => a.choice - b.choice)
    .map(({ set }) => set)
}
