import { setTimeout as sleep } from "node:timers/promises"
import { usageByName } from "../process-usage.ts"
import { numbersOf } from "../seeded-numbers.ts"
import { until } from "../until.ts"
import { WorkerStage } from "../worker-stage.ts"
import { AccountLives, type Strike } from "./account-lives.ts"
import { type CellStrike, commonStrikes, strikeAll, strikeCell } from "./fault.ts"
import type { Sample } from "./growth.ts"
import type { PlannedFault } from "./plan.ts"
import { WorkerLog } from "./worker-log.ts"

/** Low, so that a leak comes to its end within seconds; a cell at work takes a third of it. */
export const MEMORY_LIMITS = { STASH_CELL_SOFT_MB: "400", STASH_CELL_HARD_MB: "600" } as const

const READ_EVERY = 100
const LOGIN_LIMIT = 120_000
/** A frozen cell is noticed after a minute at most; one that is parked is tried again after a minute. */
const RECOVERY_LIMIT = 240_000
const SETTLE_LIMIT = 300_000
const TELEGRAM_AWAY = 6_000
/** With two readers for each source, this is one archive set in so many milliseconds. */
const POST_EVERY = 4_000
const SMALLEST_KIBIBYTES = 100
const LARGEST_KIBIBYTES = 2_000

export interface SoakOptions {
  readonly folder: string
  readonly accounts: number
  readonly seed: number
  readonly faults: Iterable<PlannedFault>
  /** No fault begins later; those that are planned may end before. */
  readonly milliseconds: number
  readonly sampleEveryMilliseconds: number
  readonly report: (line: string) => void
}

export interface SoakRun {
  readonly lives: AccountLives
  readonly samples: ReadonlyArray<Sample>
  readonly posted: WorkerStage["posted"]
  readonly duplicates: ReadonlyArray<string>
  readonly lost: ReadonlyArray<string>
  /** What the worker had promised and did not do in time, or in order. */
  readonly unkept: ReadonlyArray<string>
}

/** Posts archives of any size without end, every third in a second source too. */
const postWork = async (stage: WorkerStage, seed: number, isOver: () => boolean): Promise<void> => {
  const next = numbersOf(`work ${seed}`)
  const source = () => 1 + Math.floor(next() * stage.accounts)
  while (!isOver()) {
    const kibibytes = Math.floor(SMALLEST_KIBIBYTES + next() * (LARGEST_KIBIBYTES - SMALLEST_KIBIBYTES))
    const [first, second] = [source(), source()]
    await stage.post(kibibytes, ...(next() < 1 / 3 && first !== second ? [first, second] : [first]))
    await until(POST_EVERY, isOver, 100)
  }
}

const isCommon = (what: PlannedFault["what"]): what is (typeof commonStrikes)[number] =>
  (commonStrikes as ReadonlyArray<string>).includes(what)

/** Lets one fault fall on an account that is at work, or on all; undefined when there was none in time. */
export const strike = async (
  stage: WorkerStage,
  lives: AccountLives,
  { number, what }: Pick<PlannedFault, "number" | "what">,
): Promise<Strike | undefined> => {
  if (isCommon(what)) {
    const noted = lives.note(what, null, Date.now())
    await strikeAll(stage, what, Math.floor(number * TELEGRAM_AWAY))
    return noted
  }
  await until(RECOVERY_LIMIT, () => lives.healthy.length > 0, READ_EVERY)
  const victim = lives.healthy[Math.floor(number * lives.healthy.length)]
  if (victim === undefined) return undefined
  const noted = lives.note(what as CellStrike, victim.accountId, Date.now())
  await strikeCell(stage, what as CellStrike, victim)
  return noted
}

const strikeAsPlanned = async (
  stage: WorkerStage,
  lives: AccountLives,
  faults: Iterable<PlannedFault>,
  isOver: () => boolean,
  report: (line: string) => void,
): Promise<void> => {
  for (const fault of faults) {
    await until(fault.afterMilliseconds, isOver, READ_EVERY)
    if (isOver()) return
    const struck = await strike(stage, lives, fault)
    report(`  ${fault.what}${struck?.accountId === null ? "" : `: account ${struck?.accountId ?? "none"}`}`)
  }
}

/** Starts the worker and follows its log until `stop` is called. */
export const followLives = (stage: WorkerStage, settings: Readonly<Record<string, string>> = {}) => {
  const lives = new AccountLives()
  stage.startWorker({
    STASH_FAULT_POINTS: stage.faultFolder,
    STASH_PARKED_MINUTES: "1",
    WORKER_INTERVAL_MINUTES: "1",
    ...MEMORY_LIMITS,
    ...settings,
  })
  const log = new WorkerLog(stage.worker.logFile)
  const timer = setInterval(() => lives.hear(log.read()), READ_EVERY)
  return { lives, stop: () => clearInterval(timer) }
}

/** Waits until every account has logged in and is at work. */
export const untilAllAtWork = (stage: WorkerStage, lives: AccountLives): Promise<boolean> =>
  until(LOGIN_LIMIT, () => lives.accounts.size === stage.accounts && lives.areAllAtWork, READ_EVERY)

const nameOf = ({ accountId, what }: Strike): string => `${what}${accountId === null ? "" : ` of ${accountId}`}`

/** Posts work and lets faults fall for a while; then nothing more happens, everything is waited for, and judged. */
const soakStage = async (stage: WorkerStage, options: SoakOptions): Promise<SoakRun> => {
  const { faults, milliseconds, report, sampleEveryMilliseconds, seed } = options
  const { lives, stop } = followLives(stage)
  const samples: Array<Sample> = []
  const unkept: Array<string> = []
  try {
    if (!(await untilAllAtWork(stage, lives)))
      unkept.push(`not every account was at work after ${LOGIN_LIMIT / 1000} s`)
    const begun = performance.now()
    let isStopped = false
    const isOver = () => isStopped || performance.now() - begun > milliseconds
    const sample = async (): Promise<void> => {
      while (!isOver()) {
        samples.push({
          minutes: (performance.now() - begun) / 60_000,
          usage: usageByName({
            worker: stage.worker.pid,
            database: stage.database.processId,
            sandbox: stage.sandboxProcessId,
          }),
        })
        await sleep(sampleEveryMilliseconds)
      }
    }
    const striking = strikeAsPlanned(stage, lives, faults, isOver, report)
    const posting = postWork(stage, seed, () => isOver())
    const sampling = sample()
    try {
      await striking
      if (!(await until(RECOVERY_LIMIT, () => lives.open.length === 0, READ_EVERY)))
        unkept.push(...lives.open.map((one) => `not recovered from in ${RECOVERY_LIMIT / 1000} s: ${nameOf(one)}`))
    } finally {
      isStopped = true
    }
    await Promise.all([posting, sampling])
    if (!(await stage.untilSettled(SETTLE_LIMIT)))
      unkept.push(`not everything that was posted is settled after ${SETTLE_LIMIT / 1000} s`)
    const exitCode = await stage.worker.stop()
    if (exitCode !== 0) unkept.push(`the worker ended with ${exitCode}`)
    for (const pid of stage.worker.leftProcesses) unkept.push(`process ${pid} is left`)
    return { lives, samples, unkept, posted: stage.posted, ...(await stage.judge()) }
  } finally {
    stop()
  }
}

/** One soak in this new folder, in which the worker's log stays. */
export const soak = async (options: SoakOptions): Promise<SoakRun> => {
  const stage = await WorkerStage.start(options.folder, options.accounts)
  try {
    return await soakStage(stage, options)
  } finally {
    await stage.close()
  }
}
