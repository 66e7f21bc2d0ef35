import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { campaign } from "./campaign.ts"
import { SmallDisk } from "./small-disk.ts"

const help = `npm run crash -- [--kills N] [--seed S] [--run K] [--jobs J] [--json FILE]

Kills workers at named points and at random times, alone and two on one database, while Telegram loses answers, drops
connections, restarts and asks to wait, and while the disk is full; lets them finish, and compares the destination with
what it should hold. Exits with 0 only when nothing was doubled, lost, stuck or left behind.

  --kills N    blows that must have fallen (default 50)
  --seed S     whole number; the same seed strikes the same places (default 1)
  --run K      only the K-th run of the seed, to look at a failure again
  --jobs J     runs side by side (default 2)
  --json FILE  where to write the summary; the logs of a failed run lie beside it`

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    run: { type: "string" },
    jobs: { type: "string", default: "2" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

const wholeNumber = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  process.stderr.write(`--${name} ${text}: expected a whole number\n\n${help}\n`)
  process.exit(2)
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const canFillDisk = SmallDisk.isPossible
  if (!canFillDisk) print("left out: the full disk, because only root can mount a small file system")
  const summary = await campaign({
    seed: wholeNumber("seed", values.seed),
    kills: wholeNumber("kills", values.kills),
    jobs: Math.max(1, wholeNumber("jobs", values.jobs)),
    only: values.run === undefined ? undefined : wholeNumber("run", values.run),
    canFillDisk,
    report: print,
    keepLog: (run, log) => {
      if (values.json !== undefined) writeFileSync(`${values.json}.run-${run}.log`, log)
    },
  })
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary, null, 2)}\n`)
  const { duplicates, failures, kills, leftovers, lost, seconds, stuck } = summary
  print(
    `${kills} kills in ${seconds} s: ${duplicates} duplicates, ${lost} lost, ${stuck} stuck, ${leftovers} leftovers`,
  )
  for (const { run, seed } of failures) print(`again: npm run crash -- --seed ${seed} --run ${run}`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))
if (values.help) print(help)
else await main()
