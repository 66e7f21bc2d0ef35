import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "../until.ts"
import { WorkerStage } from "../worker-stage.ts"
import type { AccountLives, Strike } from "./account-lives.ts"
import { type FaultName, faultNames } from "./fault.ts"
import { followLives, strike, untilAllAtWork } from "./run.ts"
import { medianOf } from "./slope.ts"

const ACCOUNTS = 3
const RECOVERY_LIMIT = 180_000
const SIZE_KIBIBYTES = 1_500

/** One kind of death, tried several times. Seconds are medians. */
export interface DeathRow {
  readonly death: FaultName
  readonly times: number
  /** Lives of the accounts that were left alone which ended meanwhile; of all accounts, for what strikes all. */
  readonly othersStruckDown: number
  readonly secondsToNotice: number
  readonly secondsToRecover: number
  /** The reason in the log of the last time. */
  readonly log: string
}

const seconds = (milliseconds: ReadonlyArray<number>): number => Number((medianOf(milliseconds) / 1000).toFixed(1))

/** The account must have something to do when it is struck, and the others too. */
const strikeAtWork = async (stage: WorkerStage, lives: AccountLives, what: FaultName): Promise<Strike> => {
  await until(RECOVERY_LIMIT, () => lives.healthy.length === ACCOUNTS)
  for (let source = 1; source <= ACCOUNTS; source++) await stage.post(SIZE_KIBIBYTES, source)
  const struck = await strike(stage, lives, { what, number: 0 })
  const isOver = () => struck?.recoveredAt !== undefined
  if (struck === undefined || !(await until(RECOVERY_LIMIT, isOver)))
    throw new Error(`${what}: not recovered from in ${RECOVERY_LIMIT / 1000} s`)
  return struck
}

const rowOf = (death: FaultName, strikes: ReadonlyArray<Strike>, unplanned: number): DeathRow => {
  const down = strikes.filter(({ victims }) => victims.size > 0)
  const isCommon = strikes.every(({ accountId }) => accountId === null)
  return {
    death,
    times: strikes.length,
    othersStruckDown: isCommon ? down.reduce((sum, { victims }) => sum + victims.size, 0) : unplanned,
    secondsToNotice: seconds(down.map(({ at, noticed }) => (noticed?.at ?? at) - at)),
    secondsToRecover: seconds(down.map(({ at, recoveredAt }) => (recoveredAt ?? at) - at)),
    log: down.at(-1)?.noticed?.reason.split("\n")[0] ?? "nothing: every account stayed",
  }
}

/** Tries every kind of death so many times on accounts at work. */
export const measureDeaths = async (
  times: number,
  report: (line: string) => void,
): Promise<{ readonly rows: ReadonlyArray<DeathRow>; readonly problems: ReadonlyArray<string> }> => {
  const folder = await mkdtemp(join(tmpdir(), "stash-deaths-"))
  const stage = await WorkerStage.start(folder, ACCOUNTS)
  // Whoever is struck is always the same one, more often than any policy allows.
  const { lives, stop } = followLives(stage, { STASH_MAX_RESTARTS: "1000", STASH_RESTARTS_WITHIN_SECONDS: "1" })
  try {
    if (!(await untilAllAtWork(stage, lives))) throw new Error("the accounts did not come to work")
    const rows: Array<DeathRow> = []
    for (const what of faultNames) {
      const before = lives.unplannedStops.length
      const strikes: Array<Strike> = []
      for (let time = 0; time < times; time++) strikes.push(await strikeAtWork(stage, lives, what))
      rows.push(rowOf(what, strikes, lives.unplannedStops.length - before))
      report(`${what}: ${times} times`)
    }
    const isSettled = await stage.untilSettled(RECOVERY_LIMIT)
    await stage.worker.stop()
    const { duplicates, lost } = await stage.judge()
    const stops = lives.unplannedStops.map(
      ({ accountId, reason }) => `${accountId} stopped though left alone: ${reason}`,
    )
    return { rows, problems: [...stops, ...duplicates, ...lost, ...(isSettled ? [] : ["not everything is settled"])] }
  } finally {
    stop()
    await stage.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const othersOf = ({ death, othersStruckDown, times }: DeathRow): string => {
  if (death.startsWith("restart")) return `all were struck: ${othersStruckDown} of ${times * ACCOUNTS} lives ended`
  return othersStruckDown === 0 ? "nothing: same processes, at work" : `${othersStruckDown} lives ended`
}

/** The rows as a table in Markdown. */
export const renderDeaths = (rows: ReadonlyArray<DeathRow>): string =>
  [
    "| death | times | what the others saw | noticed after | at work again after | what the log says |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) =>
      [
        "",
        row.death,
        row.times,
        othersOf(row),
        `${row.secondsToNotice} s`,
        `${row.secondsToRecover} s`,
        row.log.replaceAll("|", "\\|"),
        "",
      ]
        .join(" | ")
        .trim(),
    ),
  ].join("\n")
