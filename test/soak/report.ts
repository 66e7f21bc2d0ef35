import { type Growth, growthsFrom, slopesFrom } from "./growth.ts"
import type { SoakRun } from "./run.ts"

/** Where everything has warmed up: the growth of memory and the rest is looked at from here on. */
const WARM_MINUTES = 5

/** Seconds. */
export interface Recoveries {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** The summary of house.md; the lists that say more are ours. */
export interface SoakSummary {
  readonly seed: number
  readonly minutes: number
  readonly accounts: number
  readonly faults: Readonly<Record<string, number>>
  readonly restarts: number
  readonly parked: number
  readonly posted: { readonly sets: number; readonly contents: number }
  readonly unplannedStops: number
  readonly recoveries: Recoveries
  readonly recoveriesByFault: Readonly<Record<string, Recoveries>>
  /** Of everything together but for the sandbox, by the hour. */
  readonly slopes: ReturnType<typeof slopesFrom>
  readonly growths: ReadonlyArray<Growth>
  readonly duplicates: number
  readonly lost: number
  readonly problems: ReadonlyArray<string>
}

const recoveriesOf = (seconds: ReadonlyArray<number>): Recoveries => {
  const sorted = [...seconds].sort((a, b) => a - b)
  const at = (share: number) => Number((sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1))
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) }
}

const growthProblem = ({ grownBy, measure, process, tolerance }: Growth): string =>
  `${measure} of ${process} grew by ${grownBy}, more than ${tolerance}`

export const summarize = (
  run: SoakRun,
  { accounts, minutes, seed }: { readonly accounts: number; readonly minutes: number; readonly seed: number },
): SoakSummary => {
  const { duplicates, lives, lost, posted, samples, unkept } = run
  const recovered = Map.groupBy(
    lives.strikes.filter(({ recoveredAt, victims }) => recoveredAt !== undefined && victims.size > 0),
    ({ what }) => what,
  )
  const secondsOf = (strikes: typeof lives.strikes) =>
    strikes.map(({ at, recoveredAt = at }) => (recoveredAt - at) / 1000)
  const isLongEnough = (samples.at(-1)?.minutes ?? 0) > 2 * WARM_MINUTES
  const growths = isLongEnough ? growthsFrom(samples, WARM_MINUTES) : []
  return {
    seed,
    minutes,
    accounts,
    faults: Object.fromEntries(
      [...Map.groupBy(lives.strikes, ({ what }) => what)].map(([what, strikes]) => [what, strikes.length]),
    ),
    restarts: lives.restarts,
    parked: lives.parked,
    posted,
    unplannedStops: lives.unplannedStops.length,
    recoveries: recoveriesOf([...recovered.values()].flatMap(secondsOf)),
    recoveriesByFault: Object.fromEntries(
      [...recovered].map(([what, strikes]) => [what, recoveriesOf(secondsOf(strikes))]),
    ),
    slopes: slopesFrom(samples, isLongEnough ? WARM_MINUTES : 0),
    growths,
    duplicates: duplicates.length,
    lost: lost.length,
    problems: [
      ...lives.unplannedStops.map(({ accountId, reason }) => `${accountId} stopped though left alone: ${reason}`),
      ...duplicates,
      ...lost,
      ...unkept,
      ...growths.filter(({ holds }) => holds === false).map(growthProblem),
    ],
  }
}

const row = (...cells: ReadonlyArray<string | number>): string => cells.map((cell) => String(cell).padEnd(20)).join("")

/** The summary as tables for the terminal. */
export const renderSummary = (summary: SoakSummary): string => {
  const { duplicates, faults, growths, lost, parked, posted, problems, recoveriesByFault, restarts } = summary
  const faultRows = Object.entries(faults).map(([what, count]) => {
    const { count: struckDown, max, p50, p95 } = recoveriesByFault[what] ?? recoveriesOf([])
    return row(what, count, struckDown, p50, p95, max)
  })
  const growthRows = growths.map(({ grownBy, holds, measure, median, process, tolerance }) =>
    row(process, measure, median, grownBy, tolerance, holds === null ? "not judged" : holds ? "holds" : "GREW"),
  )
  return [
    "",
    row("fault", "times", "struck down", "back p50 (s)", "p95", "max"),
    ...faultRows,
    "",
    ...(growths.length === 0
      ? ["too short for growth to be judged"]
      : [row("processes", "measure", "median", "grown by", "tolerance", ""), ...growthRows]),
    "",
    `${posted.sets} sets of ${posted.contents} contents posted: ${duplicates} duplicates, ${lost} lost`,
    `${restarts} restarts, ${parked} parked, ${summary.unplannedStops} accounts stopped though left alone`,
    ...problems.map((problem) => `PROBLEM: ${problem}`),
    problems.length === 0 ? "everything held" : "NOT everything held",
    "",
  ].join("\n")
}
