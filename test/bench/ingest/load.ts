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
/** Over plain TDLibs that do nothing else. */
const START_BAR = 0.5
const CELL_MEBIBYTES = 100
const ALL_MEBIBYTES = 130

interface Life {
  /** From the start of the worker to the last account's first byte: seconds. */
  readonly firstByte: number
  /** Of a core, for each account: percent. */
  readonly cpuPercent: number
  readonly cellMebibytes: number
  /** With supervisor and Postgres. */
  readonly allMebibytes: number
}

/** Starts the worker before archives that nobody has seen, and looks at it while all accounts are at work. */
const live = async (worker: SceneWorker, archives: MadeArchives): Promise<Life> => {
  const { accounts } = worker.stage.scene
  for (let account = 0; account < accounts; account++)
    for (const file of await archives.make(ARCHIVES_EACH, MEBIBYTES_EACH)) await worker.stage.post(account, file)
  const before = await worker.stage.downloadedBytes()
  const haveBegun = async () =>
    (await worker.stage.downloadedBytes()).every((bytes, account) => bytes > (before[account] ?? 0))
  const firstByte = await seconds(async () => {
    worker.start()
    if (!(await until(PATIENCE, haveBegun, 50))) throw new Error("not every account has begun")
  })
  const cpuBefore = worker.cpuSeconds
  const window = await seconds(() => sleep(WINDOW_MILLISECONDS))
  const cpuSeconds = worker.cpuSeconds - cpuBefore
  const { all, cells } = worker.usage
  await worker.untilIdle()
  await worker.worker.stop()
  return {
    firstByte,
    cpuPercent: (100 * cpuSeconds) / window / accounts,
    cellMebibytes: cells.pssMb / accounts,
    allMebibytes: all.pssMb / accounts,
  }
}

/** Many accounts, each with a source of its own: how soon all are at work, and what each takes then. */
export const load = async ({ quick }: BenchOptions): Promise<Findings> => {
  const [accounts, runs] = quick ? [4, 1] : [ACCOUNTS, 5]
  using archives = new MadeArchives()
  const scene: Scene = {
    accounts,
    speed: bothWays(RATE),
    sources: Array.from({ length: accounts }, () => []),
    reads: (account, source) => account === source,
  }
  await using worker = await SceneWorker.open(scene)
  worker.start()
  await worker.untilIdle()
  await worker.worker.stop()
  const lives = await repeated(runs, () => live(worker, archives))
  const files = await archives.make(accounts, 1)
  const plain = await startPlainTdlibs({ ...scene, sources: files.map((file) => [file]) }, runs)
  const what = `${accounts} accounts at work`
  const memory = "PSS of /proc/PID/smaps_rollup"
  return {
    results: [
      atMost(
        `Start to the first byte of the last of ${accounts} accounts`,
        "s",
        lives.map(({ firstByte }) => firstByte),
        `as many plain TDLibs, started at once, divided by ${START_BAR}`,
        Number((median(plain) / START_BAR).toFixed(2)),
        "from the start of stash run, all logged in before; upload.getFile, counted by the sandbox",
      ),
      atMost(
        `Processor for each of ${what}, at ${RATE / 1024} KiB/s each way`,
        "% of a core",
        lives.map(({ cpuPercent }) => cpuPercent),
        "two cores for all",
        200 / accounts,
        `/proc/PID/stat of all of the worker's processes, for ${WINDOW_MILLISECONDS / 1000} s`,
      ),
      atMost(
        `Memory of a cell, ${what}`,
        "MiB",
        lives.map(({ cellMebibytes }) => cellMebibytes),
        "the goal",
        CELL_MEBIBYTES,
        memory,
      ),
      atMost(
        `Memory of the worker and Postgres for each of ${what}`,
        "MiB",
        lives.map(({ allMebibytes }) => allMebibytes),
        "the goal",
        ALL_MEBIBYTES,
        memory,
      ),
    ].map(report),
  }
}
