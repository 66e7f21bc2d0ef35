import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, openSync, readdirSync } from "node:fs"
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Effect, Exit, Scope } from "effect"
import postgres from "postgres"
import { Database } from "../../db/database.ts"
import { embeddedPostgres } from "../../db/embedded.ts"
import { migrate } from "../../db/migrate.ts"
import { enrol } from "../../src/demo/enrol.ts"
import type { Fault } from "../../src/fault-point.ts"
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts"
import { processesOf } from "../process-group.ts"
import { accounts, type CrashWorld, DESTINATION, MAX_PART_SIZE_MB, makeMoreWork, makeWorld } from "./world.ts"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** The files below a folder that the worker may be emptying at this very moment. */
const filesBelow = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    return existsSync(folder) ? filesBelow(folder) : []
  }
}

interface DatabaseServer {
  readonly scope: Scope.Closeable
  readonly url: string
}

/** Everything that one run of the crash matrix works with: sandbox, Postgres, and the worker that is killed. */
export class Rig {
  readonly folder: string
  readonly sandbox: Sandbox
  #crashWorld: CrashWorld
  #moreWork = 0
  #database: DatabaseServer
  #worker: ChildProcess | undefined

  private constructor(folder: string, sandbox: Sandbox, crashWorld: CrashWorld, database: DatabaseServer) {
    this.folder = folder
    this.sandbox = sandbox
    this.#crashWorld = crashWorld
    this.#database = database
  }

  /** Makes the world, starts sandbox and Postgres in this new folder, and enrols the accounts. */
  static async start(folder: string): Promise<Rig> {
    const crashWorld = await makeWorld(join(folder, "archives"))
    const sandbox = await startSandbox({ world: crashWorld.world, stateDirectory: join(folder, "telegram") })
    const database = await startPostgres(folder)
    await Effect.runPromise(migrate(database.url))
    const record = {
      channels: sandbox.state().channels.map((channel) => ({ ...channel, messages: [] })),
    }
    const enrolled = {
      accounts,
      channels: crashWorld.memberships,
    }
    await Effect.runPromise(
      enrol(enrolled, record, DESTINATION).pipe(
        Effect.provide(Database.layer({ url: database.url, max: 1, applicationName: "crash" })),
      ),
    )
    await mkdir(join(folder, "faults"))
    return new Rig(folder, sandbox, crashWorld, database)
  }

  /** What there is to do, with all that was posted since. */
  get crashWorld(): CrashWorld {
    return this.#crashWorld
  }

  /** Posts a content that is new, so that the worker comes by every point once more. */
  async postMoreWork(): Promise<void> {
    const { content, posts } = await makeMoreWork(join(this.folder, "archives"), ++this.#moreWork)
    for (const post of posts) {
      const response = await fetch(new URL("/messages", this.sandbox.controlUrl), {
        method: "POST",
        body: JSON.stringify(post),
      })
      if (!response.ok) throw new Error(`${post.name} could not be posted: ${await response.text()}`)
    }
    const { expected, sets } = this.#crashWorld
    this.#crashWorld = { ...this.#crashWorld, expected: [...expected, content], sets: sets + posts.length }
  }

  get faultFolder(): string {
    return join(this.folder, "faults")
  }

  get isWorkerAlive(): boolean {
    return this.#worker !== undefined && this.#worker.exitCode === null && this.#worker.signalCode === null
  }

  /** Starts the worker, as `stash run` does, in a process group of its own. */
  startWorker(): void {
    const log = openSync(join(this.folder, "worker.log"), "a")
    this.#worker = spawn(process.execPath, [main, "run"], {
      detached: true,
      stdio: ["ignore", log, log],
      env: {
        PATH: process.env["PATH"],
        DATABASE_URL: this.#database.url,
        STASH_DATA_DIR: join(this.folder, "data"),
        STASH_SANDBOX: this.sandbox.controlUrl,
        STASH_FAULT_POINTS: this.faultFolder,
        MAX_PART_SIZE_MB,
        WORKER_INTERVAL_MINUTES: "1",
        LOG_LEVEL: "debug",
      },
    })
  }

  /** SIGKILL to the worker and all its cells. */
  async killWorker(): Promise<void> {
    const group = this.#worker?.pid
    if (group === undefined) return
    try {
      process.kill(-group, "SIGKILL")
    } catch {
      // Nobody of the group lives.
    }
    await this.untilGone(10_000)
  }

  /**
   * The way Docker stops it; resolves with the exit code, null when it had to be killed. A process that had not come to
   * listen for signals yet ends by SIGTERM itself, which is as good.
   */
  async stopWorker(): Promise<number | null> {
    const worker = this.#worker
    if (worker === undefined || !this.isWorkerAlive) return worker?.exitCode ?? null
    const exited = new Promise<number | null>((resolve) =>
      worker.once("exit", (code, signal) => resolve(signal === "SIGTERM" ? 0 : code)),
    )
    worker.kill("SIGTERM")
    const code = await Promise.race([exited, sleep(60_000, null, { ref: false })])
    if (code === null) await this.killWorker()
    return code
  }

  /** Asks for a fault, and forgets the visits to all points so far. */
  async ask(fault: Fault): Promise<void> {
    await this.clearFaults()
    await writeFile(join(this.faultFolder, "fault.json"), JSON.stringify(fault))
  }

  async clearFaults(): Promise<void> {
    for (const file of await readdir(this.faultFolder)) await rm(join(this.faultFolder, file), { force: true })
  }

  get hasStruck(): boolean {
    return existsSync(join(this.faultFolder, "struck"))
  }

  async release(): Promise<void> {
    await rm(join(this.faultFolder, "held"), { force: true })
  }

  /** Runs a statement of the harness itself. */
  async query(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    const sql = postgres(this.#database.url, { max: 1, onnotice: () => undefined, connect_timeout: 10 })
    try {
      return await sql.unsafe(text)
    } finally {
      await sql.end({ timeout: 5 })
    }
  }

  /** Ends the server as a power failure does, and starts it again on the same port: the worker's URL holds the port. */
  async crashPostgres(): Promise<void> {
    const { port } = new URL(this.#database.url)
    for (const pid of processesOf(0, join(this.folder, "postgres"))) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // Gone by itself.
      }
    }
    await Effect.runPromise(Scope.close(this.#database.scope, Exit.void))
    this.#database = await startPostgres(this.folder, Number(port))
  }

  /** Downloads and parts that lie on the disk. */
  get temporaryFiles(): ReadonlyArray<string> {
    return filesBelow(join(this.folder, "data", "temp"))
  }

  /** How many cycles have ended since the last fault was asked for. */
  async cyclesDone(): Promise<number> {
    return (await readdir(this.faultFolder)).filter((name) => name.startsWith("cycle.done.")).length
  }

  readLog(): Promise<string> {
    return readFile(join(this.folder, "worker.log"), "utf8")
  }

  async close(): Promise<void> {
    await this.killWorker()
    await this.sandbox.close()
    await Effect.runPromise(Scope.close(this.#database.scope, Exit.void))
  }

  /** Processes of the worker that are still there. */
  get leftProcesses(): ReadonlyArray<number> {
    return processesOf(this.#worker?.pid ?? -1, join(this.folder, "data"))
  }

  /** Waits until nothing of the worker runs, for at most this many milliseconds. */
  async untilGone(limit: number): Promise<void> {
    const isGone = () => !this.isWorkerAlive && this.leftProcesses.length === 0
    for (let waited = 0; !isGone() && waited < limit; waited += 20) await sleep(20)
  }
}

const startPostgres = async (folder: string, port?: number) => {
  const scope = Scope.makeUnsafe()
  const { url } = await Effect.runPromise(
    Scope.provide(
      embeddedPostgres({ directory: join(folder, "postgres"), ...(port === undefined ? {} : { port }) }),
      scope,
    ),
  )
  return { scope, url }
}
