import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"
import { join } from "node:path"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { type BenchReport, mergedReport, readReport } from "./bench-report.ts"
import { benchCells } from "./cells/cells.ts"
import { benchCpu } from "./cpu/cpu.ts"
import { reportInMarkdown, withReport } from "./docs-table.ts"
import { drawChart } from "./draw-chart.ts"
import { ingestRows } from "./ingest/rows.ts"
import { type BenchOptions, type BenchResult, type Findings, type Row, seconds } from "./measure.ts"
import { benchSandbox } from "./sandbox/sandbox.ts"
import { scaleRows } from "./scale/rows.ts"

const whole =
  (bench: (options: BenchOptions) => Promise<ReadonlyArray<BenchResult>>): Row =>
  async (options) => ({ results: await bench(options) })

/** The rows of each bench, by name. */
const benches: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  sandbox: { sandbox: whole(benchSandbox) },
  cpu: { cpu: whole(benchCpu) },
  cells: { cells: whole(benchCells) },
  ingest: ingestRows,
  scale: scaleRows,
}
const benchNames = Object.keys(benches)
const rowNames = Object.values(benches).flatMap(Object.keys)

/** What the figures depend on. */
const machine = (): BenchReport["machine"] => ({
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 1e9),
  node: process.version,
  loadBefore: Number(loadavg()[0]?.toFixed(2)),
})

const lineOf = ({ bar, holds, limit, limitName, name, ratio, unit, value }: BenchResult): string =>
  `${holds ? "holds " : "MISSED"} ${name}: ${value} ${unit} (limit: ${limitName}, ${limit} ${unit}; ratio ${ratio}, wanted ${bar})\n`

/** Measures row after row; `save` has what there is after each. A row that fails is told, and does not end the others. */
const measureAll = async (
  chosen: ReadonlyArray<readonly [string, Row]>,
  quick: boolean,
  failed: Array<string>,
  save: (report: BenchReport) => void,
): Promise<BenchReport> => {
  let report: BenchReport = { machine: machine(), quick, results: [], charts: [], took: [] }
  for (const [row, measure] of chosen) {
    process.stdout.write(`${row}${quick ? " (quick)" : ""} ...\n`)
    try {
      let findings: Findings = { results: [] }
      const taken = await seconds(async () => {
        findings = await measure({ quick })
      })
      const { charts = [], results } = findings
      for (const result of results) process.stdout.write(lineOf(result))
      process.stdout.write(`${row}: ${taken.toFixed(0)} s\n`)
      report = {
        ...report,
        results: [...report.results, ...results.map((result) => ({ ...result, row }))],
        charts: [...report.charts, ...charts.map((chart) => ({ ...chart, row }))],
        took: [...report.took, { row, seconds: Math.round(taken), quick }],
      }
      save(report)
    } catch (error) {
      failed.push(row)
      process.stdout.write(`FAILED ${row}: ${error instanceof Error ? error.stack : error}\n`)
    }
  }
  return report
}

const earlierReport = (path: string): BenchReport => {
  const report = readReport(path)
  if (report === undefined) throw new Error(`${path}: there is no such file`)
  return report
}

const drawCharts = ({ charts }: BenchReport, folder: string): void => {
  mkdirSync(folder, { recursive: true })
  for (const chart of charts) writeFileSync(join(folder, `${chart.name}.svg`), drawChart(chart))
}

/** Names with commas between them, each one of these. */
const someOf =
  (names: ReadonlyArray<string>) =>
  (text: string): ReadonlyArray<string> => {
    const chosen = text.split(",")
    const unknown = chosen.filter((name) => !names.includes(name))
    if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: expected of ${names.join(", ")}`)
    return chosen
  }

const namesFlag = (flag: string, names: ReadonlyArray<string>, description: string) =>
  Flag.String(flag).pipe(
    Flag.mapTryCatch(someOf(names), (error) => (error instanceof Error ? error.message : String(error))),
    Flag.optional,
    Flag.withDescription(`${description}, with commas between them: ${names.join(", ")}`),
  )

const fileFlag = (flag: string, description: string) =>
  Flag.String(flag).pipe(Flag.optional, Flag.withDescription(description))

const command = Command.make(
  "bench",
  {
    only: namesFlag("only", benchNames, "The parts to measure; all otherwise"),
    rows: namesFlag("rows", rowNames, "The rows of these parts to measure; all otherwise"),
    quick: Flag.Boolean("quick").pipe(Flag.withDefault(false), Flag.withDescription("Smaller files, fewer runs")),
    json: fileFlag("json", "File for {machine, quick, results, charts, took}"),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Keep in the file of --json what it holds of rows that are not measured now"),
    ),
    from: fileFlag("from", "Measure nothing: take what an earlier run wrote with --json"),
    plots: fileFlag("plots", "Folder for a picture (SVG) of each chart"),
    table: fileFlag("table", "Markdown file in which the table between the marks is written anew"),
  },
  ({ from, json, keep, only, plots, quick, rows, table }) =>
    Effect.promise(async () => {
      const wanted = Option.getOrElse(rows, () => rowNames)
      const chosen = Option.getOrElse(only, () => benchNames)
        .flatMap((part) => Object.entries(benches[part] ?? {}))
        .filter(([row]) => wanted.includes(row))
      const failed: Array<string> = []
      const earlier = keep && Option.isSome(json) ? readReport(json.value) : undefined
      const save = (report: BenchReport) => {
        if (Option.isSome(json))
          writeFileSync(json.value, `${JSON.stringify(mergedReport(report, earlier), null, 2)}\n`)
      }
      const report = Option.isSome(from)
        ? earlierReport(from.value)
        : mergedReport(await measureAll(chosen, quick, failed, save), earlier)
      if (Option.isSome(plots)) drawCharts(report, plots.value)
      if (Option.isSome(table))
        writeFileSync(table.value, withReport(readFileSync(table.value, "utf8"), reportInMarkdown(report)))
      if (failed.length > 0) throw new Error(`rows that failed: ${failed.join(", ")}`)
    }),
).pipe(
  Command.withDescription(
    "Measures the worker's parts, each against a named limit in the same run. A missed bar is printed, and no failure.",
  ),
)

NodeRuntime.runMain(
  Command.runWith(command, { version: "0.1.0" })(process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer)),
)
