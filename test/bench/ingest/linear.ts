import {
  type BenchOptions,
  type Findings,
  MEBIBYTE,
  MEGABYTE,
  median,
  repeated,
  report,
  speedResult,
} from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { runWorker } from "./our-worker.ts"
import { bothWays, type Scene, speedOf } from "./scene.ts"

/** Slow enough that sixteen accounts are no more than two cores can do. */
const RATE = MEBIBYTE / 8
const ARCHIVES_EACH = 6
const LINEAR = 0.95

/** All read one source. Each has brought an archive of its own home before: a cell's first one costs it a good deal more. */
const sceneOf = (accounts: number, files: ReadonlyArray<string>): Scene => ({
  accounts,
  speed: bothWays(RATE),
  sources: [...files.slice(0, accounts).map((file) => [file]), files.slice(accounts, accounts * (1 + ARCHIVES_EACH))],
  early: accounts,
  reads: (account, source) => source === account || source === accounts,
})

/** As many archives for each account, all in one source: with twice the accounts, the same time. */
export const linear = async ({ quick }: BenchOptions): Promise<Findings> => {
  using archives = new MadeArchives()
  const counts = quick ? [2] : [2, 4, 8, 16]
  const files = await archives.make(Math.max(...counts) * (1 + ARCHIVES_EACH), 1)
  const speeds = async (accounts: number) => {
    const scene = sceneOf(accounts, files)
    return (await repeated(quick ? 1 : 5, () => runWorker(scene))).map(speedOf)
  }
  const one = await speeds(1)
  const pointOf = (who: string, x: number, all: ReadonlyArray<number>) => ({ who, x, y: median(all) / MEGABYTE })
  const points = [pointOf("this worker", 1, one), pointOf("so many times one account", 1, one)]
  const results = []
  for (const count of counts) {
    const many = await speeds(count)
    const ideal = many.map((_, index) => count * (one[index] ?? Number.NaN))
    points.push(pointOf("this worker", count, many), pointOf("so many times one account", count, ideal))
    results.push(
      report(
        speedResult({
          name: `${count} accounts, one source, at 128 KiB/s each way`,
          limitName: `${count} times one account`,
          bar: LINEAR,
          command: "stash run",
          pairs: many.map((speed, index) => [speed, ideal[index] ?? Number.NaN] as const),
        }),
      ),
    )
  }
  const title = "Accounts that share one source, 128 KiB/s each way and account"
  return {
    results,
    charts: [{ kind: "lines", name: "accounts", title, x: "accounts", y: "MB/s", scale: "linear", points }],
  }
}
