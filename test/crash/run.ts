import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { deal, faultOf, nameOf, type Strike } from "./blow.ts"
import { Rig } from "./rig.ts"
import { isClean, isQuiet, judge, type Verdict } from "./verdict.ts"
import { accounts } from "./world.ts"

/** How long a blow may take to find its point: milliseconds. */
const STRIKE_LIMIT = 60_000
/** A worker that has nothing left to do may still come to points: milliseconds. */
const MISSED_AFTER = 20_000
/** How long the worker may take to finish: milliseconds. */
const QUIET_LIMIT = 180_000

export interface CrashRun {
  /** The blows that really fell. */
  readonly struck: ReadonlyArray<Strike>
  /** The blows whose point was not reached in any round. */
  readonly missed: ReadonlyArray<Strike>
  readonly verdict: Verdict
  /** The end of the worker's log, when something is wrong. */
  readonly log: string
}

const until = async (limit: number, isOver: () => Promise<boolean>): Promise<boolean> => {
  const end = performance.now() + limit
  while (performance.now() < end) {
    if (await isOver()) return true
    await sleep(20)
  }
  return false
}

/** Lets one blow fall; false when all work was done before its point was reached. */
const strikeOnce = async (rig: Rig, strike: Strike): Promise<boolean> => {
  if ("point" in strike && (await isQuiet(rig))) {
    // Nothing would come by the point any more. A worker that rests sees new posts after its interval only.
    await rig.stopWorker()
    await rig.postMoreWork()
  }
  if ("point" in strike) await rig.ask(faultOf(strike))
  else await rig.clearFaults()
  if (!rig.isWorkerAlive) rig.startWorker()
  if (!("point" in strike)) {
    await sleep(strike.afterMilliseconds)
    await rig.killWorker()
    return true
  }
  const begun = performance.now()
  let looked = begun
  await until(STRIKE_LIMIT, async () => {
    if (rig.hasStruck) return true
    if (performance.now() - looked < 1000) return false
    looked = performance.now()
    const isOver = (await rig.cyclesDone()) >= accounts.length || looked - begun > MISSED_AFTER
    return isOver && isQuiet(rig)
  })
  if (!rig.hasStruck) return false
  await deal(rig, strike.blow)
  return true
}

/**
 * Lets the blows fall one after the other. Which account does what is not decided by us, so a point can be passed before
 * its blow is asked for: then all blows up to the last one that was missed fall again, since one may prepare the next.
 */
const strikeAll = async (
  rig: Rig,
  strikes: ReadonlyArray<Strike>,
  rounds: number,
  report: (line: string) => void,
): Promise<Pick<CrashRun, "struck" | "missed">> => {
  const struck: Array<Strike> = []
  let missed = strikes
  for (let round = 1; round <= rounds && missed.length > 0; round++) {
    const fallen = new Set<Strike>()
    for (const strike of strikes.slice(0, strikes.findLastIndex((one) => missed.includes(one)) + 1)) {
      const hasFallen = await strikeOnce(rig, strike)
      report(`${hasFallen ? "struck" : "missed"}: ${nameOf(strike)}`)
      if (!hasFallen) continue
      struck.push(strike)
      fallen.add(strike)
    }
    missed = missed.filter((one) => !fallen.has(one))
  }
  return { struck, missed }
}

/**
 * One life of the world: the worker is struck as asked, then left alone until it has finished, stopped, and judged by
 * what the sandbox and the database hold. `rounds`: how often blows that were missed are tried.
 */
export const crashRun = async (
  strikes: ReadonlyArray<Strike>,
  rounds: number,
  report: (line: string) => void,
): Promise<CrashRun> => {
  const folder = await mkdtemp(join(tmpdir(), "stash-crash-"))
  const rig = await Rig.start(folder)
  try {
    const { missed, struck } = await strikeAll(rig, strikes, rounds, report)
    await rig.clearFaults()
    if (!rig.isWorkerAlive) rig.startWorker()
    const isFinished = await until(QUIET_LIMIT, () => isQuiet(rig))
    // What a dead life left on the disk is removed at the end of a cycle.
    if (isFinished) await until(QUIET_LIMIT, async () => rig.temporaryFiles.length === 0)
    const exitCode = await rig.stopWorker()
    const judged = await judge(rig)
    const stuck = [
      ...judged.stuck,
      ...(isFinished ? [] : [`the worker did not finish within ${QUIET_LIMIT / 1000} s`]),
      ...(exitCode === 0 ? [] : [`the worker ended with ${exitCode}`]),
    ]
    const verdict = { ...judged, stuck }
    return { struck, missed, verdict, log: isClean(verdict) ? "" : await rig.readLog() }
  } finally {
    await rig.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
