import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type FaultPoint, faultPoints } from "../../src/fault-point.ts"
import { nameOf, type Strike } from "./blow.ts"
import { strikesOf } from "./plan.ts"
import { crashRun } from "./run.ts"
import { isClean } from "./verdict.ts"

const help = `npm run crash -- [--kills N] [--seed S] [--run K] [--json FILE]

Kills the worker at named points and at random times, lets it finish, and compares the destination with what it should
hold. Exits with 0 only when nothing was doubled, lost, stuck or left behind.

  --kills N    blows that must have fallen (default 50)
  --seed S     whole number; the same seed strikes the same points (default 1)
  --run K      only the K-th run of the seed, to look at a failure again
  --json FILE  where to write the summary`

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    run: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

const wholeNumber = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  process.stderr.write(`--${name} ${text}: expected a whole number\n\n${help}\n`)
  process.exit(2)
}

interface Failure {
  readonly seed: number
  readonly run: number
  readonly point: string
  readonly what: ReadonlyArray<string>
}

/** Runs until enough blows have fallen; in the order of house.md's summary. */
const campaign = async (wanted: number, seed: number, only: number | undefined) => {
  const begun = performance.now()
  const points = Object.fromEntries(faultPoints.map((point) => [point, 0])) as Record<
    FaultPoint | "random time",
    number
  >
  points["random time"] = 0
  const summary = { seed, kills: 0, points, duplicates: 0, lost: 0, stuck: 0, leftovers: 0, seconds: 0 }
  const failures: Array<Failure> = []
  const count = (strike: Strike) => {
    summary.kills++
    points["point" in strike ? strike.point : "random time"]++
  }
  for (let run = only ?? 1; summary.kills < wanted; run++) {
    const strikes = strikesOf(seed, run)
    const { log, struck, verdict } = await crashRun(strikes, 1, (line) =>
      process.stdout.write(`  run ${run}: ${line}\n`),
    )
    struck.forEach(count)
    summary.duplicates += verdict.duplicates.length
    summary.lost += verdict.lost.length
    summary.stuck += verdict.stuck.length
    summary.leftovers += verdict.leftovers.length
    const what = [...verdict.duplicates, ...verdict.lost, ...verdict.stuck, ...verdict.leftovers]
    if (!isClean(verdict)) {
      failures.push({ seed, run, point: strikes.map(nameOf).join("; "), what })
      if (values.json !== undefined) writeFileSync(`${values.json}.run-${run}.log`, log)
    }
    const state = what.length === 0 ? "right" : `WRONG: ${what.join("; ")}`
    process.stdout.write(`run ${run}: ${state} (${summary.kills} of ${wanted} kills)\n`)
    if (only !== undefined) break
  }
  return { ...summary, seconds: Math.round((performance.now() - begun) / 1000), failures }
}

if (values.help) process.stdout.write(`${help}\n`)
else {
  const only = values.run === undefined ? undefined : wholeNumber("run", values.run)
  const summary = await campaign(wholeNumber("kills", values.kills), wholeNumber("seed", values.seed), only)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary, null, 2)}\n`)
  const { duplicates, failures, kills, leftovers, lost, seconds, stuck } = summary
  process.stdout.write(
    `${kills} kills in ${seconds} s: ${duplicates} duplicates, ${lost} lost, ${stuck} stuck, ${leftovers} leftovers\n`,
  )
  for (const { run, seed } of failures) process.stdout.write(`again: npm run crash -- --seed ${seed} --run ${run}\n`)
  process.exitCode = failures.length === 0 ? 0 : 1
}
