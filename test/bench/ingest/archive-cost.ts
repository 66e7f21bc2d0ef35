import { atMost, type BenchOptions, type Findings, repeated, report } from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { sharedSource } from "./scene.ts"
import { type DatabaseWork, SceneWorker } from "./scene-worker.ts"

/** Shown while it is measured: what the worker asked the database most often. */
const SHOWN = 12

interface Cost extends DatabaseWork {
  /** Of the worker and of Postgres: seconds. */
  readonly cpuSeconds: number
}

/** What a worker with one account takes from its start until it has brought these archives home and rests. */
const costOf = async (files: ReadonlyArray<string>): Promise<Cost> => {
  await using worker = await SceneWorker.open(sharedSource(1, undefined, files))
  await worker.forgetDatabaseWork()
  const before = worker.databaseCpuSeconds
  worker.start()
  await worker.untilSettled(files.length)
  await worker.untilIdle()
  for (const { calls, text } of await worker.busiestStatements(SHOWN))
    process.stderr.write(`    ${String(calls).padStart(5)} ${text}\n`)
  return { ...(await worker.databaseWork()), cpuSeconds: worker.cpuSeconds + worker.databaseCpuSeconds - before }
}

const figures: ReadonlyArray<{
  readonly name: string
  readonly of: keyof Cost
  readonly unit: string
  readonly goal: number
  readonly command: string
}> = [
  { name: "Statements", of: "statements", unit: "statements", goal: 30, command: "pg_stat_statements" },
  { name: "Transactions", of: "transactions", unit: "transactions", goal: 5, command: "pg_stat_statements" },
  { name: "Time of the database", of: "seconds", unit: "s", goal: 0.01, command: "pg_stat_statements" },
  {
    name: "Processor",
    of: "cpuSeconds",
    unit: "s",
    goal: 0.25,
    command: "/proc/PID/stat of the worker and of Postgres",
  },
]

/** What one archive more takes, of 1 MiB: the difference between many and few, for each that they differ by. */
export const archiveCost = async ({ quick }: BenchOptions): Promise<Findings> => {
  using archives = new MadeArchives()
  const [few, many] = quick ? [5, 25] : [10, 60]
  const files = await archives.make(many, 1)
  const costs = await repeated(quick ? 1 : 5, async () => {
    const [one, other] = [await costOf(files.slice(0, few)), await costOf(files)]
    return (what: keyof Cost) => (other[what] - one[what]) / (many - few)
  })
  return {
    results: figures.map(({ command, goal, name, of, unit }) =>
      report(
        atMost(
          `${name} for one archive more`,
          unit,
          costs.map((cost) => cost(of)),
          "the goal",
          goal,
          command,
        ),
      ),
    ),
  }
}
