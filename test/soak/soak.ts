import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { measureDeaths, renderDeaths } from "./deaths.ts"
import { faultsOf } from "./plan.ts"
import { renderSummary, summarize } from "./report.ts"
import { soak } from "./run.ts"

const help = `npm run soak -- [--minutes N] [--accounts N] [--seed S] [--json FILE]
npm run soak -- --deaths [--times N] [--json FILE]

Runs a worker with many accounts on a local Telegram, posts archives all the time, and lets faults fall: cells are killed,
frozen, hang, leak and abort, Postgres and Telegram are crashed and come back. Exits with 0 only when no account stopped
that was left alone, the others came back, nothing was doubled or lost, and from the fifth minute on memory, descriptors,
threads and processes did not grow.

  --minutes N   how long faults fall (default 30; growth is judged from 10 on)
  --accounts N  how many accounts (default 10)
  --seed S      whole number; the same seed makes the same faults and the same work (default 1)
  --deaths      tries every kind of death alone, on three accounts at work, and prints a table in Markdown
  --times N     how often each of them (default 5)
  --json FILE   where to write the summary; the worker's log lies beside it when something is wrong`

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    accounts: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    deaths: { type: "boolean", default: false },
    times: { type: "string", default: "5" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

const wholeNumber = (name: string, text: string, least: number): number => {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text)
  process.stderr.write(`--${name} ${text}: expected a whole number, ${least} or more\n\n${help}\n`)
  process.exit(2)
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const minutes = wholeNumber("minutes", values.minutes, 1)
  const accounts = wholeNumber("accounts", values.accounts, 2)
  const seed = wholeNumber("seed", values.seed, 0)
  const folder = mkdtempSync(join(tmpdir(), "stash-soak-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  const begun = performance.now()
  const run = await soak({
    folder,
    accounts,
    seed,
    faults: faultsOf(seed),
    milliseconds: minutes * 60_000,
    sampleEveryMilliseconds: 10_000,
    report: (line) => {
      const clock = ((performance.now() - begun) / 60_000).toFixed(1).padStart(5)
      print(`${clock} min, load ${loadavg()[0]?.toFixed(1)} ${line}`)
    },
  })
  const summary = summarize(run, { accounts, minutes, seed })
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify(summary, null, 2)}\n`)
    if (summary.problems.length > 0) copyFileSync(join(folder, "worker.log"), `${values.json}.log`)
  }
  print(renderSummary(summary))
  process.exitCode = summary.problems.length === 0 ? 0 : 1
}

const deaths = async (): Promise<void> => {
  const { problems, rows } = await measureDeaths(wholeNumber("times", values.times, 1), print)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows, problems }, null, 2)}\n`)
  print(renderDeaths(rows))
  for (const problem of problems) print(`PROBLEM: ${problem}`)
  process.exitCode = problems.length === 0 ? 0 : 1
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))
if (values.help) print(help)
else if (values.deaths) await deaths()
else await main()
