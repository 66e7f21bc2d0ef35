import type { BenchReport } from "./bench-report.ts"

const escaped = (text: string): string => text.replaceAll("|", "\\|")

/** As the formatter of this project leaves it. */
const markdownTable = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = rows.map((row) => row.map(escaped))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)))
  const line = (row: ReadonlyArray<string>, fill: string) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`
  const [headings = [], ...body] = cells
  return [
    line(headings, " "),
    line(
      widths.map(() => "-"),
      "-",
    ),
    ...body.map((row) => line(row, " ")),
  ].join("\n")
}

const minutes = (seconds: number): string => `${Math.max(1, Math.round(seconds / 60))} min`

/** The table of all figures, and what they were measured on. */
export const reportInMarkdown = ({ machine, quick, results, took }: BenchReport): string => {
  const rows = results.map(({ bar, holds, limit, limitName, name, ratio, row, runs, unit, value }) => [
    name,
    `${value} ${unit}`,
    `${limitName}: ${limit}`,
    `${ratio}${holds ? "" : " (missed)"}`,
    String(bar),
    String(runs),
    `\`${row}\``,
  ])
  const isQuick = quick || took.some((one) => one.quick)
  return [
    markdownTable([["figure", "measured", "limit or peer", "ratio", "wanted", "runs", "row"], ...rows]),
    "",
    `Medians${isQuick ? ", in part of quick runs," : ""} on ${machine.cores} cores (${machine.processor}), ${machine.memoryGigabytes} GB, Node ${machine.node}, load ${machine.loadBefore} before.`,
    `The rows took: ${took.map(({ row, seconds }) => `${row} ${minutes(seconds)}`).join(", ")}.`,
  ].join("\n")
}

const BEGIN = "<!-- bench: written by `npm run bench`, not by hand -->"
const END = "<!-- bench: end -->"

/** The text with what lies between the marks replaced. Throws when they are missing. */
export const withReport = (text: string, report: string): string => {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`no lines "${BEGIN}" and "${END}" to write between`)
  return `${text.slice(0, begin + BEGIN.length)}\n\n${report}\n\n${text.slice(end)}`
}
