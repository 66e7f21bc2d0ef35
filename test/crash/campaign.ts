import { faultPoints } from "../../src/fault-point.ts"
import { planOf } from "./plan.ts"
import { type CrashRun, crashRun } from "./run.ts"
import { isPointStrike, nameOf, type Strike } from "./strike.ts"
import { telegramFaults } from "./telegram-faults.ts"
import { isClean } from "./verdict.ts"

export interface CampaignOptions {
  readonly seed: number
  /** Blows that must have fallen. */
  readonly kills: number
  /** How many runs go side by side. */
  readonly jobs: number
  /** Only this run of the seed. */
  readonly only: number | undefined
  readonly canFillDisk: boolean
  readonly report: (line: string) => void
  /** Gets the logs of a run that went wrong. */
  readonly keepLog: (run: number, log: string) => void
}

export interface Failure {
  readonly seed: number
  readonly run: number
  readonly point: string
  readonly what: ReadonlyArray<string>
}

/** The summary of house.md; `runs` by how they were laid out, and `faults` are ours. */
export interface Summary {
  readonly seed: number
  kills: number
  readonly points: Record<string, number>
  readonly blows: Record<string, number>
  readonly faults: Record<string, number>
  readonly runs: Record<string, number>
  duplicates: number
  lost: number
  stuck: number
  leftovers: number
  seconds: number
  readonly failures: Array<Failure>
}

const zeros = (names: ReadonlyArray<string>): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, 0]))

const countOne = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

const countStrike = (summary: Summary, strike: Strike): void => {
  if ("kibibytesLeft" in strike) {
    countOne(summary.faults, "disk full")
    return
  }
  if ("fault" in strike) {
    countOne(summary.faults, strike.fault)
    if (strike.then === undefined) return
    countOne(summary.points, "after a fault of Telegram")
    countOne(summary.blows, strike.then)
  } else {
    countOne(summary.points, isPointStrike(strike) ? strike.point : "random time")
    countOne(summary.blows, strike.blow)
  }
  summary.kills++
}

const note = (summary: Summary, run: number, strikes: ReadonlyArray<Strike>, { struck, verdict }: CrashRun) => {
  for (const strike of struck) countStrike(summary, strike)
  const kinds = ["duplicates", "lost", "stuck", "leftovers"] as const
  for (const kind of kinds) summary[kind] += verdict[kind].length
  const what = kinds.flatMap((kind) => verdict[kind])
  if (what.length > 0) summary.failures.push({ seed: summary.seed, run, point: strikes.map(nameOf).join("; "), what })
  return what
}

/** Runs until enough blows have fallen. */
export const campaign = async (options: CampaignOptions): Promise<Summary> => {
  const { canFillDisk, jobs, keepLog, kills, only, report, seed } = options
  const begun = performance.now()
  const summary: Summary = {
    seed,
    kills: 0,
    points: zeros([...faultPoints, "random time", "after a fault of Telegram"]),
    blows: {},
    faults: zeros([...telegramFaults.map(({ name }) => name), "disk full"]),
    runs: {},
    duplicates: 0,
    lost: 0,
    stuck: 0,
    leftovers: 0,
    seconds: 0,
    failures: [],
  }
  let nextRun = only ?? 1
  const oneRun = async (run: number): Promise<void> => {
    const plan = planOf(seed, run, canFillDisk)
    const { hasSmallDisk, workers } = plan.layout
    countOne(summary.runs, `${workers} worker${workers > 1 ? "s" : ""}${hasSmallDisk ? ", small disk" : ""}`)
    const result = await crashRun(plan, 1, (line) => report(`  run ${run}: ${line}`))
    const what = note(summary, run, plan.strikes, result)
    if (!isClean(result.verdict)) keepLog(run, result.log)
    const state = what.length === 0 ? "right" : `WRONG: ${what.join("; ")}`
    report(`run ${run}: ${state} (${summary.kills} of ${kills} kills)`)
  }
  const worker = async (): Promise<void> => {
    while (summary.kills < kills && (only === undefined || nextRun === only)) await oneRun(nextRun++)
  }
  await Promise.all(Array.from({ length: only === undefined ? jobs : 1 }, worker))
  summary.seconds = Math.round((performance.now() - begun) / 1000)
  return summary
}
