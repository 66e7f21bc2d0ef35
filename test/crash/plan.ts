import { createHash } from "node:crypto"
import { type FaultPoint, faultPoints } from "../../src/fault-point.ts"
import { type Blow, blows, type Strike } from "./blow.ts"

/** A sequence of numbers in [0, 1) that depends on the seed alone. */
const numbersOf = (seed: string): (() => number) => {
  let count = 0
  return () => createHash("sha256").update(`${seed}:${count++}`).digest().readUInt32LE() / 2 ** 32
}

const STRIKES_PER_RUN = 5
/** One in so many strikes falls at a random time instead of a point. */
const RANDOM_TIME = 5
const LONGEST_LIFE_MILLISECONDS = 8000

/** The strikes of one run of a campaign. Every run of a seed is another one, and always the same. */
export const strikesOf = (seed: number, run: number): ReadonlyArray<Strike> => {
  const next = numbersOf(`${seed}/${run}`)
  const pick = <A>(list: ReadonlyArray<A>): A => list[Math.floor(next() * list.length)] as A
  return Array.from({ length: STRIKES_PER_RUN }, (): Strike => {
    if (Math.floor(next() * RANDOM_TIME) === 0) {
      return { blow: "kill everything", afterMilliseconds: Math.floor(next() * LONGEST_LIFE_MILLISECONDS) }
    }
    return { blow: pick(blows), point: pick(faultPoints), nth: 1 + Math.floor(next() * 3) }
  })
}

const at = (point: FaultPoint, blow: Blow, nth = 1): Strike => ({ blow, point, nth })

/**
 * Every point once, in few runs. A point that only a life after a crash comes to is preceded by that crash.
 */
export const shortMatrix: ReadonlyArray<ReadonlyArray<Strike>> = [
  [
    at("lock.released", "kill everything"),
    at("folder.removed", "kill cell"),
    at("package.written", "kill cell"),
    at("sweep.found", "kill cell"),
    at("sweep.done", "kill everything"),
  ],
  [
    at("metadata.made", "kill cell"),
    at("metadata.written", "restart Postgres"),
    at("parts.done", "kill database sessions"),
    at("mark.moved", "kill cell"),
    at("cycle.done", "kill supervisor"),
  ],
  [
    at("scan.done", "kill cell"),
    at("claim.taken", "kill everything"),
    at("volume.downloaded", "kill cell"),
    at("volume.moved", "kill supervisor"),
    at("download.done", "kill everything with Postgres"),
  ],
  [
    at("digest.done", "kill cell"),
    at("inspect.done", "kill cell"),
    at("lock.taken", "kill lock sessions"),
    at("journal.opened", "kill cell"),
  ],
  [
    at("part.handed", "kill everything"),
    at("settle.begin", "kill cell"),
    at("settle.cancelled", "kill cell"),
    at("settle.online", "kill everything"),
    at("settle.replayed", "kill cell"),
    at("settle.done", "kill supervisor"),
    at("part.delivered", "kill everything with Postgres"),
    at("settle.adopted", "kill cell"),
  ],
  [
    // An open publication that lacks a part is what the next life takes up. Both accounts die, because the other one
    // would take it up at once, before the next blow is asked for.
    at("part.ready", "kill everything"),
    at("replay.awaited", "kill everything"),
    at("delivered.adopted", "kill everything"),
    at("part.confirmed", "kill cell", 2),
  ],
]
