import { type ProcessName, processNames, sumOf, type Usage } from "../process-usage.ts"
import { medianOf, slopeOf } from "./slope.ts"

/** What all processes took at one moment. */
export interface Sample {
  /** Since the beginning of the soak. */
  readonly minutes: number
  readonly usage: Readonly<Record<ProcessName, Usage>>
}

const measures = ["ownMb", "rssMb", "fds", "threads", "processes"] as const
type Measure = (typeof measures)[number]

/**
 * What a measure of a process may grow by from the beginning to the end of what is looked at: so much of its median, and always so
 * much as is no growth yet, since processes of any age come and go.
 */
const tolerances: Readonly<Record<Measure, { readonly share: number; readonly always: number }>> = {
  ownMb: { share: 0.1, always: 5 },
  rssMb: { share: 0.1, always: 10 },
  fds: { share: 0.1, always: 3 },
  threads: { share: 0.1, always: 1 },
  processes: { share: 0, always: 1 },
}

/** How one measure of the processes of one name developed, by the process. */
export interface Growth {
  readonly process: ProcessName
  readonly measure: Measure
  readonly median: number
  readonly perHour: number
  /** By the slope, over the whole time that was looked at. */
  readonly grownBy: number
  readonly tolerance: number
  /** Null: it is meant to grow. */
  readonly holds: boolean | null
}

/** By the process, since how many there are is a measure of its own, and some are always missing. */
const amountOf = (usage: Usage, measure: Measure): number =>
  measure === "processes" ? usage.processes : usage[measure] / usage.processes

/**
 * The sandbox keeps all that it is told, as Telegram does; a session of Postgres keeps the files of the tables that it has
 * come to know open, up to a number that is set (max_files_per_process).
 */
const isMeantToGrow = (process: ProcessName, measure: Measure): boolean =>
  process === "sandbox" || (process === "Postgres" && measure === "fds")

const rounded = (value: number): number => Number(value.toFixed(1))

const growthOf = (process: ProcessName, measure: Measure, samples: ReadonlyArray<Sample>): Growth => {
  const points = samples
    .filter(({ usage }) => usage[process].processes > 0)
    .map(({ minutes, usage }) => [minutes, amountOf(usage[process], measure)] as const)
  const minutes = (samples.at(-1)?.minutes ?? 0) - (samples[0]?.minutes ?? 0)
  const slope = slopeOf(points)
  const median = medianOf(points.map(([, value]) => value))
  const { always, share } = tolerances[measure]
  const tolerance = Math.max(always, share * median)
  const holds = isMeantToGrow(process, measure) ? null : slope * minutes <= tolerance
  return {
    process,
    measure,
    median: rounded(median),
    perHour: rounded(slope * 60),
    grownBy: rounded(slope * minutes),
    tolerance: rounded(tolerance),
    holds,
  }
}

/** How everything developed from this minute on. */
export const growthsFrom = (samples: ReadonlyArray<Sample>, fromMinute: number): ReadonlyArray<Growth> => {
  const late = samples.filter(({ minutes }) => minutes >= fromMinute)
  return processNames.flatMap((process) => measures.map((measure) => growthOf(process, measure, late)))
}

/** What everything together, but for the sandbox, grew by in an hour. */
export const slopesFrom = (samples: ReadonlyArray<Sample>, fromMinute: number): Readonly<Record<Measure, number>> => {
  const late = samples.filter(({ minutes }) => minutes >= fromMinute)
  const totals = late.map(({ minutes, usage }) => {
    const { sandbox: _, ...ours } = usage
    return { minutes, total: sumOf(Object.values(ours)) }
  })
  const slope = (measure: Measure) =>
    rounded(60 * slopeOf(totals.map(({ minutes, total }) => [minutes, total[measure]] as const)))
  return {
    ownMb: slope("ownMb"),
    rssMb: slope("rssMb"),
    fds: slope("fds"),
    threads: slope("threads"),
    processes: slope("processes"),
  }
}
