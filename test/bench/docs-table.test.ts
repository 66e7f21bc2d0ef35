import { describe, expect, it } from "vitest"
import { type BenchReport, mergedReport } from "./bench-report.ts"
import { reportInMarkdown, withReport } from "./docs-table.ts"

const result = (row: string, name: string): BenchReport["results"][number] => ({
  name,
  value: 42.5,
  unit: "s",
  limitName: "bytes / rate | 1.1",
  limit: 44,
  ratio: 1.035,
  bar: 1,
  holds: true,
  runs: 5,
  samples: [42, 42.5, 43],
  command: "stash run",
  row,
})

const report = (row: string, ...names: ReadonlyArray<string>): BenchReport => ({
  machine: { processor: "a processor", cores: 2, memoryGigabytes: 8, node: "v24.0.0", loadBefore: 0.1 },
  quick: false,
  results: names.map((name) => result(row, name)),
  charts: [],
  took: [{ row, seconds: 600, quick: false }],
})

describe("the table of a bench in the docs", () => {
  it("has a line for each figure, as the formatter would leave it", () => {
    const [headings, rule, line] = reportInMarkdown(report("throttled", "One account")).split("\n")
    expect(line).toContain("| One account | 42.5 s")
    expect(line).toContain("bytes / rate \\| 1.1: 44")
    expect(new Set([headings?.length, rule?.length, line?.length]).size).toBe(1)
  })

  it("says when a figure missed its bar", () => {
    const [missed] = report("throttled", "One account").results
    const table = reportInMarkdown({ ...report("throttled"), results: missed ? [{ ...missed, holds: false }] : [] })
    expect(table).toContain("1.035 (missed)")
  })

  it("takes the place of the last one, and of nothing else", () => {
    const text = "before\n<!-- bench: written by `npm run bench`, not by hand -->\nold\n<!-- bench: end -->\nafter\n"
    const once = withReport(text, "new")
    expect(once.split("\n").filter((line) => line !== "")).toEqual([
      "before",
      "<!-- bench: written by `npm run bench`, not by hand -->",
      "new",
      "<!-- bench: end -->",
      "after",
    ])
    expect(withReport(once, "new")).toBe(once)
  })

  it("is not written where nobody has made a place for it", () => {
    expect(() => withReport("no marks", "new")).toThrow("to write between")
  })
})

describe("a report that keeps what was measured before", () => {
  it("has the rows of both, and of a row that both have the newer figures alone", () => {
    const merged = mergedReport(report("linear", "new"), {
      ...report("linear", "old", "older"),
      results: [...report("linear", "old", "older").results, ...report("rescan", "kept").results],
    })
    expect(merged.results.map(({ name }) => name)).toEqual(["kept", "new"])
  })
})
