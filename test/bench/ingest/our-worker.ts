import { join } from "node:path"
import { Effect } from "effect"
import { Database } from "../../../db/database.ts"
import { enrol } from "../../../src/demo/enrol.ts"
import { readSandboxRecord } from "../../../src/demo/sandbox-record.ts"
import { PostgresServer } from "../../postgres-server.ts"
import { cpuSecondsOf, treeOf } from "../../process-usage.ts"
import { until } from "../../until.ts"
import { Worker } from "../../worker-process.ts"
import { DESTINATION, type Outcome, type Scene, Stage } from "./scene.ts"

/** How long one way through a scene may take: milliseconds. */
const PATIENCE = 900_000

/** What our worker took beside time. */
export interface WorkerOutcome extends Outcome {
  /** Share of the time in which Postgres executed a statement of the worker. */
  readonly databaseShare: number
  readonly transactions: number
  /** Of the next cycle, which finds nothing new. */
  readonly rescan: { readonly seconds: number; readonly calls: number; readonly cpuSeconds: number }
}

const one = async (database: PostgresServer, text: string): Promise<number> =>
  Number((await database.query(`select (${text})::float8 as value`))[0]?.["value"])

const untilReached = async (what: string, isReached: () => Promise<boolean>): Promise<void> => {
  if (!(await until(PATIENCE, isReached, 100))) throw new Error(`${what}: not within ${PATIENCE / 1000} s`)
}

const SOURCES = `update telegram_channels set "isActive" = $ where type = 'SOURCE'`

/**
 * Lets the worker come up with no source to read, so that every account is logged in and at rest, and then gives all of them
 * their sources at once: what is measured from there on is their work, and not that two processors start them in turn.
 */
const giveSources = async (database: PostgresServer, accounts: number, start: () => void): Promise<void> => {
  await database.query(SOURCES.replace("$", "false"))
  start()
  const atRest = `select count(*) from stash_account_states where state = 'idle'`
  await untilReached("all accounts at rest", async () => (await one(database, atRest)) === accounts)
  await database.query(`delete from ingestion_runs; select pg_stat_reset(); ${SOURCES.replace("$", "true")}`)
  await database.query("select pg_notify('ingestion_trigger', '')")
}

/**
 * The worker as a user runs it (`stash run`), on a new sandbox and database, until all of a scene is in the library: from the
 * beginning of the first account's cycle to the last set's end. Then it looks once more.
 */
export const runWorker = async (scene: Scene): Promise<WorkerOutcome> => {
  await using stage = await Stage.open(scene)
  await using stack = new AsyncDisposableStack()
  const database = await PostgresServer.start(join(stage.folder, "postgres"))
  stack.defer(() => database.close())
  const { url } = stage.sandbox.ready
  await Effect.runPromise(
    Effect.flatMap(readSandboxRecord(url), (record) => enrol(stage.world, record, DESTINATION)).pipe(
      Effect.provide(Database.layer({ url: database.url, max: 1, applicationName: "bench" })),
    ),
  )
  const worker = new Worker(join(stage.folder, "data"), join(stage.folder, "worker.log"))
  stack.defer(() => worker.kill())
  await giveSources(database, scene.accounts, () =>
    worker.start({
      DATABASE_URL: database.url,
      STASH_SANDBOX: url,
      WORKER_INTERVAL_MINUTES: "60",
      STASH_CONSOLE_PORT: "off",
    }),
  )

  const sets = scene.sources.flat().length
  const isSettled = async () =>
    (await one(database, `select count(*) from stash_claims where state in ('published', 'duplicate')`)) === sets
  await untilReached("all sets in the library", isSettled)
  const seconds = await one(
    database,
    `select extract(epoch from (select max("updatedAt") from stash_claims) - min("startedAt")) from ingestion_runs`,
  )
  const statistic = (column: string) =>
    one(database, `select ${column} from pg_stat_database where datname = current_database()`)
  const [activeMillis, transactions] = [await statistic("active_time"), await statistic("xact_commit")]
  const outcome = await stage.outcome(seconds)

  const runs = () => one(database, `select count(*) from ingestion_runs where status <> 'RUNNING'`)
  await untilReached("the end of the cycles", async () => (await runs()) >= scene.accounts)
  const [runsBefore, callsBefore] = [await runs(), (await stage.outcome(0)).calls]
  const processes = treeOf(worker.pid).map(({ pid }) => pid)
  const cpuBefore = cpuSecondsOf(processes)
  await database.query("select pg_notify('ingestion_trigger', '')")
  await untilReached("a second cycle", async () => (await runs()) >= runsBefore + scene.accounts)
  const rescanSeconds = await one(
    database,
    `select extract(epoch from max("finishedAt") - min("startedAt"))
     from (select * from ingestion_runs order by "startedAt" desc limit ${scene.accounts}) last`,
  )
  return {
    ...outcome,
    databaseShare: activeMillis / 1000 / seconds,
    transactions,
    rescan: {
      seconds: rescanSeconds,
      calls: (await stage.outcome(0)).calls - callsBefore,
      cpuSeconds: cpuSecondsOf(processes) - cpuBefore,
    },
  }
}
