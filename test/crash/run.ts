import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "../until.ts"
import { type Layout, Rig, temporaryFilesOf } from "./rig.ts"
import { nameOf, type Strike } from "./strike.ts"
import { strikeOnce, Unkept, windClaims } from "./strike-once.ts"
import { isClean, isQuiet, judge, type Verdict } from "./verdict.ts"

/** How long the worker may take to finish: milliseconds. */
const QUIET_LIMIT = 180_000
/** How long a worker may take to remove what it has no use for: milliseconds. */
const TIDY_LIMIT = 90_000

export interface CrashPlan {
  readonly layout: Layout
  readonly strikes: ReadonlyArray<Strike>
}

export interface CrashRun {
  /** The strikes that really fell. */
  readonly struck: ReadonlyArray<Strike>
  /** Those whose place was not reached in any round. */
  readonly missed: ReadonlyArray<Strike>
  readonly verdict: Verdict
  /** The workers' logs, when something is wrong. */
  readonly log: string
}

/**
 * Lets the strikes fall one after the other. Which account does what is not decided by us, so a place can be passed before
 * its strike is asked for: then all strikes up to the last one that was missed fall again, since one may prepare the next.
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
      const begun = performance.now()
      const hasFallen = await strikeOnce(rig, strike)
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      report(`${hasFallen ? "struck" : "missed"}: ${nameOf(strike)} (${seconds} s)`)
      if (!hasFallen) continue
      struck.push(strike)
      fallen.add(strike)
    }
    missed = missed.filter((one) => !fallen.has(one))
  }
  return { struck, missed }
}

const strikeAllOrTell = async (...args: Parameters<typeof strikeAll>) => {
  try {
    return { ...(await strikeAll(...args)), unkept: [] }
  } catch (error) {
    if (!(error instanceof Unkept)) throw error
    return { struck: [], missed: [], unkept: [error.message] }
  }
}

interface Ending {
  readonly isFinished: boolean
  readonly exitCodes: ReadonlyArray<number | null>
}

/**
 * Lets the workers finish, and stops them. What a dead life left on the disk is removed at the end of a cycle; where an
 * account went to another worker, each of them has to run it once more for that.
 */
const letFinish = async (rig: Rig): Promise<Ending> => {
  await rig.clearFaults()
  rig.sandbox.faults.clear()
  await windClaims(rig)
  rig.startWorkers()
  const isFinished = await until(QUIET_LIMIT, () => isQuiet(rig), 200)
  if (!isFinished) return { isFinished, exitCodes: await rig.stopWorkers() }
  await until(rig.workers.length === 1 ? TIDY_LIMIT : 0, () => rig.temporaryFiles.length === 0)
  const exitCodes = [...(await rig.stopWorkers())]
  for (const worker of rig.workers) {
    if (temporaryFilesOf(worker).length === 0) continue
    rig.startWorker(worker)
    await until(TIDY_LIMIT, () => temporaryFilesOf(worker).length === 0)
    exitCodes.push(await worker.stop())
  }
  return { isFinished, exitCodes }
}

/**
 * One life of the world: the workers are struck as planned, then left alone until they have finished, stopped, and judged
 * by what the sandbox and the database hold. `rounds`: how often strikes that were missed are tried.
 */
export const crashRun = async (
  { layout, strikes }: CrashPlan,
  rounds: number,
  report: (line: string) => void,
): Promise<CrashRun> => {
  const folder = await mkdtemp(join(tmpdir(), "stash-crash-"))
  const rig = await Rig.start(folder, layout)
  try {
    const { missed, struck, unkept } = await strikeAllOrTell(rig, strikes, rounds, report)
    const begun = performance.now()
    const { exitCodes, isFinished } = await letFinish(rig)
    report(`finished (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
    const judged = await judge(rig)
    const stuck = [
      ...unkept,
      ...judged.stuck,
      ...(isFinished ? [] : [`the worker did not finish within ${QUIET_LIMIT / 1000} s`]),
      ...exitCodes.filter((code) => code !== 0).map((code) => `a worker ended with ${code}`),
    ]
    const verdict = { ...judged, stuck }
    return { struck, missed, verdict, log: isClean(verdict) ? "" : await rig.readLog() }
  } finally {
    await rig.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
