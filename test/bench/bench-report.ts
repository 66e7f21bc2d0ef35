import { existsSync, readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const BenchResult = Schema.Struct({
  name: Schema.String,
  value: Schema.Finite,
  unit: Schema.String,
  limitName: Schema.String,
  limit: Schema.Finite,
  ratio: Schema.Finite,
  bar: Schema.Finite,
  holds: Schema.Boolean,
  runs: Schema.Int,
  samples: Schema.Array(Schema.Finite),
  command: Schema.String,
  /** The row that it was measured by. */
  row: Schema.String,
})

const BarChart = Schema.Struct({
  kind: Schema.Literal("bars"),
  name: Schema.String,
  title: Schema.String,
  unit: Schema.String,
  bars: Schema.Array(Schema.Struct({ group: Schema.String, who: Schema.String, value: Schema.Finite })),
  row: Schema.String,
})

const LineChart = Schema.Struct({
  kind: Schema.Literal("lines"),
  name: Schema.String,
  title: Schema.String,
  x: Schema.String,
  y: Schema.String,
  scale: Schema.Literals(["linear", "log"]),
  points: Schema.Array(Schema.Struct({ who: Schema.String, x: Schema.Finite, y: Schema.Finite })),
  row: Schema.String,
})

/** What `--json` writes. */
const BenchReport = Schema.Struct({
  machine: Schema.Struct({
    processor: Schema.String,
    cores: Schema.Int,
    memoryGigabytes: Schema.Finite,
    node: Schema.String,
    loadBefore: Schema.Finite,
  }),
  quick: Schema.Boolean,
  results: Schema.Array(BenchResult),
  charts: Schema.Array(Schema.Union([BarChart, LineChart])),
  /** How long each row took. */
  took: Schema.Array(Schema.Struct({ row: Schema.String, seconds: Schema.Finite, quick: Schema.Boolean })),
})
export type BenchReport = typeof BenchReport.Type

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(BenchReport))

/** Reads what an earlier run wrote; undefined when there is no such file. Throws when it is something else. */
export const readReport = (path: string): BenchReport | undefined =>
  existsSync(path) ? decode(readFileSync(path, "utf8")) : undefined

/** The one report with what an earlier one, if there is one, has of rows that the first has not. */
export const mergedReport = (report: BenchReport, earlier: BenchReport | undefined): BenchReport => {
  if (earlier === undefined) return report
  const measured = new Set(report.took.map(({ row }) => row))
  const kept = <A extends { readonly row: string }>(all: ReadonlyArray<A>) =>
    all.filter(({ row }) => !measured.has(row))
  return {
    ...report,
    results: [...kept(earlier.results), ...report.results],
    charts: [...kept(earlier.charts), ...report.charts],
    took: [...kept(earlier.took), ...report.took],
  }
}
