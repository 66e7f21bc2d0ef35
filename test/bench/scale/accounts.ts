import { setTimeout as sleep } from "node:timers/promises"
import { WebApp } from "../../contract/requests-web-app.ts"
import { MadeArchives } from "../ingest/made-archives.ts"
import { bothWays, type Scene } from "../ingest/scene.ts"
import { SceneWorker } from "../ingest/scene-worker.ts"
import { atMost, type BenchOptions, type BenchResult, type Findings, MEBIBYTE, report, seconds } from "../measure.ts"
import { type Growth, growthChart, growthResult } from "./growth.ts"
import { statusSeconds } from "./status-seconds.ts"

const SIZES = [5, 20, 50]
/** So slow that two cores are enough for all accounts. */
const RATE = MEBIBYTE / 4
/** In the source that all read, for each account; one more is in its own. */
const SHARED_EACH = 2
/** After its first cycle an account still tidies up. */
const PAUSES = { settleMilliseconds: 20_000, idleMilliseconds: 30_000 }
const QUICK_PAUSES = { settleMilliseconds: 2000, idleMilliseconds: 3000 }
const LOOKS = 5
const STATUS_SECONDS = 3
const REQUEST_SECONDS = 5

interface Measured {
  readonly accounts: number
  readonly archives: number
  /** From the start until all archives are in the library: seconds of worker and Postgres. */
  readonly cpuSeconds: number
  /** Of the worker and Postgres while nothing happens, and of a cell. */
  readonly idlePercent: number
  readonly mebibytes: number
  readonly cellMebibytes: number
  /** While all accounts are at work. */
  readonly statusSeconds: ReadonlyArray<number>
  readonly requestSeconds: ReadonlyArray<number>
  /** Archives that are not there exactly once, in the destination or in the database. */
  readonly wrong: number
}

const wrongArchives = async (worker: SceneWorker, archives: number): Promise<number> => {
  const delivered = await worker.stage.delivered()
  const contents = new Set(delivered.map(({ sha256 }) => sha256)).size
  const packages = await worker.number("select count(*) from packages")
  const published = await worker.number("select count(*) from stash_claims where state = 'published'")
  return Math.max(...[delivered.length, contents, packages, published].map((count) => Math.abs(count - archives)))
}

/** How long whoever looks at the worker waits, and whoever asks it for something in the web app. */
const ask = async (worker: SceneWorker) => {
  await using app = new WebApp(worker.database.url)
  const [row] = await worker.query(
    `select "accountId" from stash_account_states order by state = 'ingesting' desc limit 1`,
  )
  const looked = await statusSeconds(worker)
  const requestSeconds = await seconds(async () => {
    const id = await app.fetchChannels(String(row?.["accountId"]))
    await worker.untilTrue("a request of the web app", async () => (await app.fetchRequest(id)).status === "COMPLETED")
  })
  return { statusSeconds: looked, requestSeconds }
}

const measure = async (accounts: number, { idleMilliseconds, settleMilliseconds } = PAUSES): Promise<Measured> => {
  using made = new MadeArchives()
  const files = await made.make(accounts * (1 + SHARED_EACH), 1)
  const scene: Scene = {
    accounts,
    speed: bothWays(RATE),
    sources: [files.slice(accounts), ...files.slice(0, accounts).map((file) => [file])],
    reads: (account, source) => source === 0 || source === account + 1,
  }
  await using worker = await SceneWorker.open(scene)
  const cpuSeconds = () => worker.cpuSeconds + worker.databaseCpuSeconds
  const enrolled = worker.databaseCpuSeconds
  worker.start()
  await worker.untilTrue("a first archive", async () => (await worker.number("select count(*) from packages")) > 0)
  const asked = []
  for (let look = 0; look < LOOKS; look++) asked.push(await ask(worker))
  await worker.untilSettled(files.length)
  await worker.untilIdle()
  const ingested = cpuSeconds() - enrolled
  const wrong = await wrongArchives(worker, files.length)
  await sleep(settleMilliseconds)
  const before = cpuSeconds()
  const idle = await seconds(() => sleep(idleMilliseconds))
  const { all, cells } = worker.usage
  return {
    accounts,
    archives: files.length,
    cpuSeconds: ingested,
    idlePercent: (100 * (cpuSeconds() - before)) / idle,
    mebibytes: all.pssMb,
    cellMebibytes: cells.pssMb / accounts,
    statusSeconds: asked.map((one) => one.statusSeconds),
    requestSeconds: asked.map(({ requestSeconds }) => requestSeconds),
    wrong,
  }
}

const atTheLargest = (measured: Measured): ReadonlyArray<BenchResult> => {
  const { accounts, archives, cellMebibytes, idlePercent, mebibytes, requestSeconds, statusSeconds, wrong } = measured
  const of = `${accounts} accounts`
  const usage = "/proc/PID of the worker's processes and Postgres"
  return [
    atMost(
      `Archives of ${archives} that are not there exactly once, ${of}`,
      "archives",
      [wrong],
      "none",
      0,
      "the destination by the sandbox, its digests, packages and claims",
    ),
    atMost(
      `stash status while ${of} are at work`,
      "s",
      statusSeconds,
      "the goal",
      STATUS_SECONDS,
      "stash status --json",
    ),
    atMost(
      `A request of the web app, answered while ${of} are at work`,
      "s",
      requestSeconds,
      "the goal",
      REQUEST_SECONDS,
      "a row of channel_fetch_requests",
    ),
    atMost(`Processor of an idle account, of ${of}`, "% of a core", [idlePercent / accounts], "the goal", 0.1, usage),
    atMost(`Memory of an idle cell, of ${of}`, "MiB", [cellMebibytes], "the goal", 60, usage),
    atMost(
      `Memory for an idle account, of ${of}, with its share of the rest`,
      "MiB",
      [mebibytes / accounts],
      "the goal",
      80,
      usage,
    ),
  ].map(report)
}

/** Ever more accounts, slowed down, each with an archive of its own and its share of a source that all read. */
export const accounts = async ({ quick }: BenchOptions): Promise<Findings> => {
  const measured: Array<Measured> = []
  for (const size of quick ? [2, 4, 6] : SIZES) measured.push(await measure(size, quick ? QUICK_PAUSES : PAUSES))
  const largest = measured.at(-1)
  if (largest === undefined) throw new Error("nothing was measured")
  const growth = (name: string, unit: string, of: (one: Measured) => number): Growth => ({
    name,
    unit,
    points: measured.map((one) => ({ size: one.accounts, value: of(one) })),
  })
  const growths = [
    growth("processor time to bring three archives each home", "s", ({ cpuSeconds }) => cpuSeconds),
    growth("memory", "MiB", ({ mebibytes }) => mebibytes),
    growth("processor while idle", "% of a core", ({ idlePercent }) => idlePercent),
  ]
  return {
    results: [
      ...atTheLargest(largest),
      ...growths.map((one) => growthResult("accounts", one, "/proc/PID of the worker's processes and Postgres")),
    ],
    charts: [growthChart("growth-accounts", "accounts", growths)],
  }
}
