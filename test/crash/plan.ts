import { type FaultPoint, faultPoints } from "../../src/fault-point.ts"
import { numbersOf } from "../seeded-numbers.ts"
import { type Blow, blows, timedBlows } from "./blow.ts"
import type { CrashPlan } from "./run.ts"
import type { Strike } from "./strike.ts"
import { telegramFaults } from "./telegram-faults.ts"

const STRIKES_PER_RUN = 14
/** Of all strikes, this share falls at a random time, and this one at Telegram; the others at a point. */
const AT_RANDOM_TIME = 0.15
const AT_TELEGRAM = 0.25
const LONGEST_LIFE_MILLISECONDS = 8000
/** Every so many runs have two workers, or a small disk. */
const TWO_WORKERS = 4
const SMALL_DISK = 5

const at = (point: FaultPoint, blow: Blow, nth = 1): Strike => ({ blow, point, nth })

/** Points that a life comes to only after a crash at the right place, and that crash. */
const preparation: Partial<Record<FaultPoint, Strike>> = {
  "settle.adopted": at("part.handed", "kill everything with Postgres"),
  "replay.awaited": at("part.ready", "kill everything with Postgres"),
  "delivered.adopted": at("part.ready", "kill everything with Postgres"),
}
/** How often at most an account comes to a point when there is one content to publish. */
const visitsOf = (point: FaultPoint): number => {
  if (point in preparation || /^(settle|mark|cycle|sweep)\./.test(point)) return 1
  return point.startsWith("part.") ? 3 : 2
}

const makePicks = (next: () => number) => {
  const number = (below: number) => Math.floor(next() * below)
  const pick = <A>(list: ReadonlyArray<A>): A => list[number(list.length)] as A
  const worker = () => (next() < 0.5 ? 0 : 1)

  const atRandomTime = (): Strike => ({
    blow: pick(timedBlows),
    afterMilliseconds: number(LONGEST_LIFE_MILLISECONDS),
    worker: worker(),
  })

  const atTelegram = (): Strike => {
    const fault = pick(telegramFaults)
    const ends = ["kill everything", "restart Telegram"] as const
    const then = fault.needsBlow ? pick(ends) : next() < 0.5 ? pick(timedBlows) : undefined
    const rule = { method: pick(fault.methods), nth: 1 + number(3), effect: fault.effectOf(next()) }
    return { fault: fault.name, rule, then, worker: worker() }
  }

  const atPoint = (workers: number): ReadonlyArray<Strike> => {
    const point = pick(faultPoints)
    const possible = blows.filter((blow) => blow !== "overtake" || workers === 2)
    const strike = at(point, pick(possible), 1 + number(visitsOf(point)))
    const before = preparation[point]
    return before === undefined ? [strike] : [before, strike]
  }
  return { number, atRandomTime, atTelegram, atPoint }
}

/** One run of a campaign. Every run of a seed is another one, and always the same. */
export const planOf = (seed: number, run: number, canFillDisk: boolean): CrashPlan => {
  const next = numbersOf(`${seed}/${run}`)
  const picks = makePicks(next)
  const workers = run % TWO_WORKERS === 0 ? 2 : 1
  const hasSmallDisk = canFillDisk && run % SMALL_DISK === 0
  const strikes: Array<Strike> = []
  while (strikes.length < STRIKES_PER_RUN) {
    const kind = next()
    if (kind < AT_RANDOM_TIME) strikes.push(picks.atRandomTime())
    else if (kind < AT_RANDOM_TIME + AT_TELEGRAM) strikes.push(picks.atTelegram())
    else strikes.push(...picks.atPoint(workers))
  }
  if (hasSmallDisk) strikes.splice(picks.number(strikes.length), 0, { kibibytesLeft: picks.number(1500) })
  return { layout: { workers, hasSmallDisk }, strikes }
}

const one = (...strikes: ReadonlyArray<Strike>): CrashPlan => ({
  layout: { workers: 1, hasSmallDisk: false },
  strikes,
})

/**
 * Every point once, in few runs. A point that only a life after a crash comes to is preceded by that crash.
 */
export const shortMatrix: ReadonlyArray<CrashPlan> = [
  one(
    at("lock.released", "kill everything"),
    at("folder.removed", "kill cell"),
    at("package.written", "kill cell"),
    at("sweep.found", "kill cell"),
    at("sweep.done", "kill everything"),
  ),
  one(
    at("metadata.made", "kill cell"),
    at("metadata.written", "restart Postgres"),
    at("parts.done", "kill database sessions"),
    at("mark.moved", "kill cell"),
    at("cycle.done", "kill supervisor"),
  ),
  one(
    at("scan.done", "kill cell"),
    at("claim.taken", "kill everything"),
    at("volume.downloaded", "kill cell"),
    at("volume.moved", "kill supervisor"),
    at("download.done", "kill everything with Postgres"),
  ),
  one(
    at("digest.done", "kill cell"),
    at("inspect.done", "kill cell"),
    at("lock.taken", "kill lock sessions"),
    at("journal.opening", "kill database sessions"),
    at("journal.opened", "kill cell"),
  ),
  one(
    at("part.handed", "kill everything"),
    at("settle.begin", "kill cell"),
    at("settle.cancelled", "kill cell"),
    at("settle.online", "kill everything"),
    at("settle.replayed", "kill cell"),
    at("settle.done", "kill supervisor"),
    at("part.delivered", "kill everything with Postgres"),
    at("settle.adopted", "kill cell"),
  ),
  one(
    // An open publication that lacks a part is what the next life takes up. Both accounts die, because the other one
    // would take it up at once, before the next blow is asked for.
    at("part.ready", "kill everything"),
    at("replay.awaited", "kill everything"),
    at("delivered.adopted", "kill everything"),
    at("part.confirmed", "kill cell", 2),
  ),
]
