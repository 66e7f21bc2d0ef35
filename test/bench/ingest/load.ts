import { setTimeout as sleep } from "node:timers/promises"
import { until } from "../../until.ts"
import { atMost, type BenchOptions, type Findings, MEBIBYTE, median, repeated, report, seconds } from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { startPlainTdlibs } from "./plain-tdlib.ts"
import { bothWays, type Scene } from "./scene.ts"
import { SceneWorker } from "./scene-worker.ts"

const ACCOUNTS = 20
/** So slow that two cores are enough for all accounts. */
const RATE = MEBIBYTE / 4
/** For so long the load is looked at; the archives last longer. */
const WINDOW_MILLISECONDS = 15_000
const ARCHIVES_EACH = 2
const MEBIBYTES_EACH = 3
const PATIENCE = 300_000
/** Plain TDLib is started with no database, no locks, and nobody to watch it. */
const START_BAR = 0.2
const CELL_MEBIBYTES = 100
const ALL_MEBIBYTES = 130

/** Starts the worker, logged in before, with a scene that nobody has seen; seconds until each account has bytes of it. */
const firstByte = async (worker: SceneWorker, archives: MadeArchives, mebibytes: number): Promise<number> => {
  for (const account of Array(worker.stage.scene.accounts).keys())
    for (const file of await archives.make(ARCHIVES_EACH, mebibytes)) await worker.stage.post(account, file)
  const before = await worker.stage.downloadedBytes()
  const haveBegun = async () =>
    (await worker.stage.downloadedBytes()).every((bytes, account) => bytes > (before[account] ?? 0))
  return seconds(async () => {
    worker.start()
    if (!(await until(PATIENCE, haveBegun, 50))) throw new Error("not every account has begun")
  })
}

/** What each account takes while all are at work: percent of a core, and MiB. */
const loadOf = async (worker: SceneWorker) => {
  const { accounts } = worker.stage.scene
  const before = worker.cpuSeconds
  const window = await seconds(() => sleep(WINDOW_MILLISECONDS))
  const cpuSeconds = worker.cpuSeconds - before
  const { all, cells } = worker.usage
  return {
    cpuPercent: (100 * cpuSeconds) / window / accounts,
    cellMebibytes: cells.pssMb / accounts,
    allMebibytes: all.pssMb / accounts,
  }
}

/** Each account has a source of its own. */
const sceneOf = (accounts: number): Scene => ({
  accounts,
  speed: bothWays(RATE),
  sources: Array.from({ length: accounts }, () => []),
  reads: (account, source) => account === source,
})

/** Lives of a worker whose accounts have been logged in by an earlier one. */
const lives = async <A>(scene: Scene, runs: number, live: (worker: SceneWorker) => Promise<A>) => {
  await using worker = await SceneWorker.open(scene)
  worker.start()
  await worker.untilIdle()
  await worker.worker.stop()
  return await repeated(runs, async () => {
    const seen = await live(worker)
    await worker.untilIdle()
    await worker.worker.stop()
    return seen
  })
}

/** Many accounts: how soon all are at work, and what each takes then. */
export const load = async ({ quick }: BenchOptions): Promise<Findings> => {
  const [accounts, runs] = quick ? [4, 1] : [ACCOUNTS, 5]
  using archives = new MadeArchives()
  const alone = await lives(sceneOf(1), runs, (worker) => firstByte(worker, archives, 1))
  const together = await lives(sceneOf(accounts), runs, async (worker) => ({
    firstByte: await firstByte(worker, archives, MEBIBYTES_EACH),
    ...(await loadOf(worker)),
  }))
  const files = await archives.make(accounts, 1)
  const plain = await startPlainTdlibs({ ...sceneOf(accounts), sources: files.map((file) => [file]) }, runs)
  const start = together.map((one) => one.firstByte)
  const toFirstByte = `Start to the first byte of the last of ${accounts} accounts`
  const command = "from the start of stash run, all logged in before; upload.getFile, counted by the sandbox"
  const what = `${accounts} accounts at work`
  const memory = "PSS of /proc/PID/smaps_rollup"
  return {
    results: [
      atMost(
        toFirstByte,
        "s",
        start,
        "one account alone, so many times",
        Number((accounts * median(alone)).toFixed(2)),
        command,
      ),
      atMost(
        `${toFirstByte}, against plain TDLib`,
        "s",
        start,
        "as many plain TDLibs, in a Node process each",
        Number(median(plain).toFixed(2)),
        command,
        START_BAR,
      ),
      atMost(
        `Processor for each of ${what}, at ${RATE / 1024} KiB/s each way`,
        "% of a core",
        together.map(({ cpuPercent }) => cpuPercent),
        "two cores for all",
        200 / accounts,
        `/proc/PID/stat of all of the worker's processes, for ${WINDOW_MILLISECONDS / 1000} s`,
      ),
      atMost(
        `Memory of a cell, ${what}`,
        "MiB",
        together.map(({ cellMebibytes }) => cellMebibytes),
        "the goal",
        CELL_MEBIBYTES,
        memory,
      ),
      atMost(
        `Memory of the worker and Postgres for each of ${what}`,
        "MiB",
        together.map(({ allMebibytes }) => allMebibytes),
        "the goal",
        ALL_MEBIBYTES,
        memory,
      ),
    ].map(report),
  }
}
