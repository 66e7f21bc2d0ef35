import type { Chart } from "./chart.ts"

/** One line of the bench's JSON. `ratio` is what must reach `bar`: value / limit, or limit / value where less is better. */
export interface BenchResult {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly limitName: string
  readonly limit: number
  readonly ratio: number
  readonly bar: number
  readonly holds: boolean
  readonly runs: number
  /** What each run reached. */
  readonly samples: ReadonlyArray<number>
  /** What the limit was measured with, or where it comes from. */
  readonly command: string
}

export interface BenchOptions {
  /** Smaller files and fewer runs: minutes instead of an hour. */
  readonly quick: boolean
}

/** What a row found, and what of it is worth a picture. */
export interface Findings {
  readonly results: ReadonlyArray<BenchResult>
  readonly charts?: ReadonlyArray<Chart>
}

/** A part of a bench that can be measured alone. */
export type Row = (options: BenchOptions) => Promise<Findings>

/** Says what was found, while the rest is still being measured. */
export const report = (result: BenchResult): BenchResult => {
  process.stderr.write(`  ${result.name}: ${result.value} ${result.unit} (${result.ratio})\n`)
  return result
}

/** Does a work so many times, one after the other. */
export const repeated = async <A>(runs: number, work: () => Promise<A>): Promise<ReadonlyArray<A>> => {
  const values: Array<A> = []
  for (let run = 0; run < runs; run++) values.push(await work())
  return values
}

export const MEGABYTE = 1e6
export const MEBIBYTE = 1024 * 1024

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** How long a work takes: seconds. */
export const seconds = async (work: () => unknown): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

interface Comparison {
  readonly name: string
  readonly limitName: string
  readonly bar: number
  readonly command: string
  readonly runs: number
  /** Bytes per second, measured in turns. */
  readonly value: () => Promise<number>
  readonly limit: () => Promise<number> | number
}

/** Medians of runs that alternate, so that both see the same neighbours; the ratio is the median of the pairs' ratios. */
export const compare = async ({ value, limit, runs, ...names }: Comparison): Promise<BenchResult> => {
  await value()
  const pairs: Array<readonly [value: number, limit: number]> = []
  for (let run = 0; run < runs; run++) pairs.push([await value(), await limit()])
  return speedResult({ ...names, pairs })
}

const inMegabytes = (bytes: number): number => Number((bytes / MEGABYTE).toPrecision(3))

/** What came out of pairs of measurements in bytes per second. */
export const speedResult = ({
  pairs,
  ...names
}: Omit<Comparison, "value" | "limit" | "runs"> & {
  readonly pairs: ReadonlyArray<readonly [value: number, limit: number]>
}): BenchResult => {
  const ratio = median(pairs.map(([reached, possible]) => reached / possible))
  return {
    name: names.name,
    value: inMegabytes(median(pairs.map(([reached]) => reached))),
    unit: "MB/s",
    limitName: names.limitName,
    limit: inMegabytes(median(pairs.map(([, possible]) => possible))),
    ratio: Number(ratio.toFixed(3)),
    bar: names.bar,
    holds: ratio >= names.bar,
    runs: pairs.length,
    samples: pairs.map(([reached]) => inMegabytes(reached)),
    command: names.command,
  }
}

/** Something that must not be more than a number, divided by the bar. Where both are nothing, it is as good as can be. */
export const atMost = (
  name: string,
  unit: string,
  values: ReadonlyArray<number>,
  limitName: string,
  limit: number,
  command: string,
  bar = 1,
): BenchResult => {
  const value = median(values)
  return {
    name,
    value: Number(value.toFixed(3)),
    unit,
    limitName,
    limit,
    ratio: value === limit ? 1 : Number((limit / Math.max(value, 0.001)).toFixed(3)),
    bar,
    holds: value * bar <= limit,
    runs: values.length,
    samples: values.map((one) => Number(one.toFixed(3))),
    command,
  }
}
