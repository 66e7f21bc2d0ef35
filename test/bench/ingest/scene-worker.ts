import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { Effect } from "effect"
import postgres from "postgres"
import { Database } from "../../../db/database.ts"
import { enrol } from "../../../src/demo/enrol.ts"
import { readSandboxRecord } from "../../../src/demo/sandbox-record.ts"
import { PostgresServer } from "../../postgres-server.ts"
import { cpuSecondsOf, sumOf, treeOf, type Usage, usageByName } from "../../process-usage.ts"
import { until } from "../../until.ts"
import { Worker } from "../../worker-process.ts"
import { DESTINATION, type Scene, Stage, sourceName } from "./scene.ts"

/** How long anything may take that a scene waits for: milliseconds. */
const PATIENCE = 900_000

/** So that statements of the worker can be told from ours, and counted. */
const COUNTED = { shared_preload_libraries: "pg_stat_statements", "pg_stat_statements.max": "10000" }

/** What Postgres did for the worker: statements but for those around transactions, and the seconds that it executed all. */
export interface DatabaseWork {
  readonly statements: number
  readonly transactions: number
  readonly seconds: number
}

const ofWorker = "from pg_stat_statements where userid <> 'bench'::regrole"
const aroundTransactions = "'^(begin|commit|rollback|savepoint|release)'"

/** The worker as a user runs it (`stash run`), on a new sandbox and database, with a scene before it. */
export class SceneWorker implements AsyncDisposable {
  readonly stage: Stage
  readonly database: PostgresServer
  readonly worker: Worker
  readonly #settings: Readonly<Record<string, string>>
  /** Has a role of its own. */
  readonly #sql: postgres.Sql

  private constructor(
    stage: Stage,
    database: PostgresServer,
    sql: postgres.Sql,
    settings: Readonly<Record<string, string>>,
  ) {
    this.stage = stage
    this.database = database
    this.worker = new Worker(join(stage.folder, "data"), join(stage.folder, "worker.log"))
    this.#sql = sql
    this.#settings = settings
  }

  /**
   * Starts sandbox and Postgres and enrols the accounts; not yet the worker. `settings`: of the worker, over the usual ones.
   * `fill`: what the database holds before.
   */
  static async open(
    scene: Scene,
    settings: Readonly<Record<string, string>> = {},
    fill: (database: PostgresServer) => Promise<unknown> = async () => undefined,
  ): Promise<SceneWorker> {
    const stage = await Stage.open(scene)
    const database = await PostgresServer.start(join(stage.folder, "postgres"), COUNTED)
    const password = randomBytes(12).toString("hex")
    await database.query(
      `create extension pg_stat_statements; create role bench superuser login password '${password}'`,
    )
    await fill(database)
    await Effect.runPromise(
      Effect.flatMap(readSandboxRecord(stage.sandbox.ready.url), (record) =>
        enrol(stage.world, record, DESTINATION),
      ).pipe(Effect.provide(Database.layer({ url: database.url, max: 1, applicationName: "bench" }))),
    )
    const own = new URL(database.url)
    own.username = "bench"
    own.password = password
    return new SceneWorker(stage, database, postgres(own.href, { max: 1, onnotice: () => undefined }), settings)
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.database.url,
      STASH_SANDBOX: this.stage.sandbox.ready.url,
      WORKER_INTERVAL_MINUTES: "60",
      STASH_CONSOLE_PORT: "off",
      ...this.#settings,
    }
  }

  start(): void {
    this.worker.start(this.environment)
  }

  /**
   * Lets the worker come up with no source to read but the scene's `early` ones, so that every account is logged in, has done all
   * that they hold, and is at rest, and then gives all of them the other sources at once: what is measured from there on is
   * their work, and not that two processors start them in turn.
   */
  async startAtRest(): Promise<void> {
    const { early = 0, sources } = this.stage.scene
    const others = sources.slice(early).map((_, index) => `'${sourceName(early + index)}'`)
    const activate = (are: boolean) => `update telegram_channels set "isActive" = ${are} where title in (${others})`
    await this.query(activate(false))
    this.start()
    await this.untilSettled(sources.slice(0, early).flat().length)
    await this.untilIdle()
    await this.query(`delete from ingestion_runs; ${activate(true)}`)
    await this.forgetDatabaseWork()
    await this.call()
  }

  query(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    return this.#sql.unsafe(text)
  }

  /** The number that an expression is. */
  async number(expression: string): Promise<number> {
    return Number((await this.query(`select (${expression})::float8 as value`))[0]?.["value"])
  }

  async untilTrue(what: string, isReached: () => Promise<boolean>): Promise<void> {
    if (!(await until(PATIENCE, isReached, 100))) throw new Error(`${what}: not within ${PATIENCE / 1000} s`)
  }

  untilSettled(sets: number): Promise<void> {
    const settled = `select count(*) from stash_claims where state in ('published', 'duplicate')`
    return this.untilTrue("all sets in the library", async () => (await this.number(settled)) === sets)
  }

  /** How many cycles of accounts have ended. */
  endedCycles(): Promise<number> {
    return this.number(`select count(*) from ingestion_runs where status <> 'RUNNING'`)
  }

  async untilCyclesEnded(count: number): Promise<void> {
    await this.untilTrue("the end of the cycles", async () => (await this.endedCycles()) >= count)
  }

  /** Until every account rests. */
  async untilIdle(): Promise<void> {
    const idle = `select count(*) from stash_account_states where state = 'idle'`
    await this.untilTrue("idle accounts", async () => (await this.number(idle)) === this.stage.scene.accounts)
  }

  /** Lets all accounts go through their sources now. */
  async call(): Promise<void> {
    await this.query("select pg_notify('ingestion_trigger', '')")
  }

  /** Since the start of the server, or since `forgetDatabaseWork`. */
  async databaseWork(): Promise<DatabaseWork> {
    const sum = (of: string, also = "") => this.number(`select coalesce(sum(${of}), 0) ${ofWorker} ${also}`)
    return {
      statements: await sum("calls", `and query !~* ${aroundTransactions}`),
      transactions: await sum("calls", `and query ~* '^commit'`),
      seconds: await sum("total_exec_time / 1000"),
    }
  }

  /** What the worker asked most often, the beginning of each. */
  async busiestStatements(count: number): Promise<ReadonlyArray<{ readonly calls: number; readonly text: string }>> {
    const found = await this.query(
      `select calls::int, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as text ${ofWorker} order by calls desc limit ${count}`,
    )
    return found.map(({ calls, text }) => ({ calls: Number(calls), text: String(text) }))
  }

  async forgetDatabaseWork(): Promise<void> {
    await this.query("select pg_stat_statements_reset()")
  }

  /** Processor time of the worker's processes so far, without the database's: seconds. */
  get cpuSeconds(): number {
    return cpuSecondsOf(treeOf(this.worker.pid).map(({ pid }) => pid))
  }

  /** Processor time of Postgres so far: seconds. */
  get databaseCpuSeconds(): number {
    return cpuSecondsOf(treeOf(this.database.processId).map(({ pid }) => pid))
  }

  /** What the worker and its database take now, and the cells among it. */
  get usage(): { readonly all: Usage; readonly cells: Usage } {
    const { pid: worker } = this.worker
    const { processId: sandbox } = this.stage.sandbox
    const { sandbox: _, ...ours } = usageByName({ worker, sandbox, database: this.database.processId })
    return { all: sumOf(Object.values(ours)), cells: ours.cells }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.kill()
    await this.#sql.end({ timeout: 5 })
    await this.database.close()
    await this.stage[Symbol.asyncDispose]()
  }
}
