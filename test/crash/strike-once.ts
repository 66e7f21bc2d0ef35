import { setTimeout as sleep } from "node:timers/promises"
import type { FaultPoint } from "../../src/fault-point.ts"
import { until } from "../until.ts"
import { deal, dealAnywhere, type TimedBlow } from "./blow.ts"
import type { Rig } from "./rig.ts"
import {
  type DiskStrike,
  faultOf,
  isPointStrike,
  type PointStrike,
  type Strike,
  type TelegramStrike,
} from "./strike.ts"
import { isQuiet } from "./verdict.ts"
import { accounts } from "./world.ts"

/** How long a strike may take to find its place: milliseconds. */
const STRIKE_LIMIT = 60_000
/** A worker that has nothing left to do may still come to points: milliseconds. */
const MISSED_AFTER = 20_000
/** A silent server is put to an end after this time: milliseconds. */
const SILENCE = 700
/** How long a set may take to be put off after what it waits for: milliseconds. */
const PUT_OFF_LIMIT = 20_000
/** How long a post takes to come to the worker's TDLib: milliseconds. */
const HEARING = 300
const TAKEOVER_LIMIT = 60_000

/** Thrown when: the worker did not do in time what it promises while something is wrong. */
export class Unkept extends Error {
  override readonly name = "Unkept"
}

/** Waits for `hasStruck`; false when all work was done without it. */
const untilStruck = async (rig: Rig, hasStruck: () => boolean): Promise<boolean> => {
  const begun = performance.now()
  let looked = begun
  await until(STRIKE_LIMIT, async () => {
    if (hasStruck()) return true
    if (performance.now() - looked < 500) return false
    looked = performance.now()
    const isOver = (await rig.cyclesDone()) >= accounts.length || looked - begun > MISSED_AFTER
    return isOver && isQuiet(rig)
  })
  return hasStruck()
}

const strikeAtPoint = async (rig: Rig, strike: PointStrike): Promise<boolean> => {
  await rig.ask(faultOf(strike))
  rig.startWorkers()
  await untilStruck(rig, () => rig.struck !== undefined)
  const { struck } = rig
  if (struck === undefined) return false
  await deal(rig, strike.blow, struck)
  return true
}

/**
 * Nobody waits for minutes here: what is put off, or waits for Telegram, is due at once, and a worker that rests
 * until then is started anew.
 */
export const windClaims = async (rig: Rig): Promise<void> => {
  const due = await rig.query(`
    update stash_claims set "retryAt" = now() where state = 'deferred' and "retryAt" > now() + interval '3 seconds'
    returning 1`)
  const waits = await rig.query(`delete from stash_waits where "until" > now() + interval '3 seconds' returning 1`)
  if (due.length > 0 || waits.length > 0) {
    await rig.killWorkers()
    // What one of them wrote before it died.
    await rig.query(`delete from stash_waits where "until" > now() + interval '3 seconds'`)
  }
}

const strikeAtTelegram = async (rig: Rig, { fault, rule, then, worker }: TelegramStrike): Promise<boolean> => {
  await rig.clearFaults()
  const { id } = rig.sandbox.faults.add(rule)
  rig.startWorkers()
  const hasStruck = await untilStruck(rig, () => (rig.sandbox.faults.get(id)?.struck ?? 0) > 0)
  if (hasStruck && fault === "silence") await sleep(SILENCE)
  if (hasStruck && then !== undefined) {
    if (then === "restart Telegram") await rig.sandbox.restart(0)
    else await strikeWorker(rig, then, worker)
    // Where the other worker was struck, the one that is not answered would wait for minutes.
    if (fault === "silence") await rig.sandbox.restart(0)
  }
  rig.sandbox.faults.remove(id)
  if (hasStruck && fault === "long flood wait") {
    // A search that has to wait puts no set off: its source, or its look at the destination, is left to the next cycle.
    const limit = rule.method === "messages.search" ? 1000 : PUT_OFF_LIMIT
    await until(limit, async () => (await deferred(rig)).length > 0 || isQuiet(rig), 200)
    await rig.killWorkers()
  }
  return hasStruck
}

const deferred = (rig: Rig) =>
  rig.query(`select "reason" from stash_claims where state = 'deferred' and "retryAt" > now() + interval '20 seconds'`)

/** Fills the disk, waits until the worker says that it waits for room, and makes room. */
const fillDisk = async (rig: Rig, { kibibytesLeft }: DiskStrike): Promise<boolean> => {
  const { disk } = rig
  if (disk === undefined) return false
  await rig.clearFaults()
  rig.startWorkers()
  await disk.fill(kibibytesLeft)
  const logged = (await rig.readLog()).length
  const hasPaused = await until(
    PUT_OFF_LIMIT,
    async () => (await deferred(rig)).some(isAboutRoom) || (await rig.readLog()).includes("account.no_room", logged),
    200,
  )
  const isDone = !hasPaused && (await isQuiet(rig))
  await disk.makeRoom()
  if (!hasPaused && !isDone)
    throw new Unkept(`with ${kibibytesLeft} KiB left on the disk no set waits for room: ${await claimsOf(rig)}`)
  await rig.killWorkers()
  return hasPaused
}

const isAboutRoom = ({ reason }: Record<string, unknown>): boolean => /space|room/i.test(String(reason))

const claimsOf = async (rig: Rig): Promise<string> =>
  (await rig.query(`select "setName", "state", "reason" from stash_claims`))
    .map(({ reason, setName, state }) => `${setName} ${state} (${reason})`)
    .join(", ")

const strikeWorker = async (rig: Rig, blow: TimedBlow, index: 0 | 1): Promise<void> => {
  const worker = rig.workers[index] ?? rig.workers[0]
  if (worker !== undefined) await dealAnywhere(rig, blow, worker)
}

/** With a worker left, the accounts of one that was killed go on there. */
const awaitTakeover = async (rig: Rig): Promise<void> => {
  if (rig.areAllAlive || !rig.workers.some(({ isAlive }) => isAlive)) return
  const isTaken = async () => (await rig.accountHolders()).length === accounts.length
  if (await until(TAKEOVER_LIMIT, isTaken, 200)) return
  throw new Unkept(`${TAKEOVER_LIMIT / 1000} s after one worker died the other one has not taken its accounts over`)
}

const isAfterCrash = (point: FaultPoint): boolean => /^(settle|replay|delivered)\./.test(point)

/**
 * Posts what nobody has seen, while somebody hears it: a worker that was not there when it came may see it in its second
 * cycle only. Then the worker starts anew, since one that rests looks for new posts after its interval.
 */
const bringMoreWork = async (rig: Rig): Promise<void> => {
  await rig.postMoreWork()
  await sleep(HEARING)
  await rig.stopWorkers()
}

/**
 * Lets one strike fall; false when all work was done before its place was reached. Throws {@link Unkept} when the worker
 * does not do what it promises.
 */
export const strikeOnce = async (rig: Rig, strike: Strike): Promise<boolean> => {
  await windClaims(rig)
  if (!("afterMilliseconds" in strike) && (await isQuiet(rig))) await bringMoreWork(rig)
  let hasFallen = await fall(rig, strike)
  // What was left to do did not come by the point; new work does, unless only a life after a crash comes there.
  if (!hasFallen && isPointStrike(strike) && !isAfterCrash(strike.point) && (await isQuiet(rig))) {
    await bringMoreWork(rig)
    hasFallen = await fall(rig, strike)
  }
  await awaitTakeover(rig)
  return hasFallen
}

const fall = async (rig: Rig, strike: Strike): Promise<boolean> => {
  if (isPointStrike(strike)) return strikeAtPoint(rig, strike)
  if ("kibibytesLeft" in strike) return fillDisk(rig, strike)
  if ("rule" in strike) return strikeAtTelegram(rig, strike)
  await rig.clearFaults()
  rig.startWorkers()
  await sleep(strike.afterMilliseconds)
  await strikeWorker(rig, strike.blow, strike.worker)
  return true
}
