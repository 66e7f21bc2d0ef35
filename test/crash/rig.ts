import { existsSync, readdirSync, readFileSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { Database } from "../../db/database.ts"
import { enrol } from "../../src/demo/enrol.ts"
import type { Fault } from "../../src/fault-point.ts"
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts"
import { PostgresServer } from "../postgres-server.ts"
import { Worker } from "../worker-process.ts"
import { SmallDisk } from "./small-disk.ts"
import { accounts, type CrashWorld, DESTINATION, MAX_PART_SIZE_MB, makeMoreWork, makeWorld } from "./world.ts"

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

/** Downloads and parts of a worker that lie on the disk, those that TDLib has not handed over among them. */
export const temporaryFilesOf = ({ dataFolder }: Worker): ReadonlyArray<string> => [
  ...filesBelow(join(dataFolder, "temp")),
  ...filesBelow(join(dataFolder, "tdlib")).filter((path) => /\/files\/(documents|temp|photos)\//.test(path)),
]

/** How a run is laid out. */
export interface Layout {
  /** How many `stash run` share the database, each with a data folder of its own. */
  readonly workers: 1 | 2
  /** Whether the first worker's data lies on a small file system that can be filled. */
  readonly hasSmallDisk: boolean
}

/** Everything that one run of the crash matrix works with: sandbox, Postgres, and the workers that are killed. */
export class Rig {
  readonly folder: string
  readonly sandbox: Sandbox
  readonly workers: ReadonlyArray<Worker>
  readonly disk: SmallDisk | undefined
  #crashWorld: CrashWorld
  #moreWork = 0
  readonly #database: PostgresServer

  private constructor(
    folder: string,
    sandbox: Sandbox,
    crashWorld: CrashWorld,
    database: PostgresServer,
    workers: ReadonlyArray<Worker>,
    disk: SmallDisk | undefined,
  ) {
    this.folder = folder
    this.sandbox = sandbox
    this.#crashWorld = crashWorld
    this.#database = database
    this.workers = workers
    this.disk = disk
  }

  /** Makes the world, starts sandbox and Postgres in this new folder, and enrols the accounts. */
  static async start(folder: string, layout: Layout): Promise<Rig> {
    const [crashWorld, database] = await Promise.all([
      makeWorld(join(folder, "archives")),
      PostgresServer.start(join(folder, "postgres")),
    ])
    const sandbox = await startSandbox({ world: crashWorld.world, stateDirectory: join(folder, "telegram") })
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
    const disk = layout.hasSmallDisk ? await SmallDisk.mount(join(folder, "data-1")) : undefined
    const workers = Array.from(
      { length: layout.workers },
      (_, index) => new Worker(join(folder, `data-${index + 1}`), join(folder, `worker-${index + 1}.log`)),
    )
    return new Rig(folder, sandbox, crashWorld, database, workers, disk)
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

  get areAllAlive(): boolean {
    return this.workers.every(({ isAlive }) => isAlive)
  }

  /** Starts every worker that does not run. */
  startWorkers(): void {
    for (const worker of this.workers) if (!worker.isAlive) this.startWorker(worker)
  }

  startWorker(worker: Worker): void {
    worker.start({
      DATABASE_URL: this.#database.url,
      STASH_SANDBOX: this.sandbox.controlUrl,
      STASH_FAULT_POINTS: this.faultFolder,
      // The worker is started hundreds of times: its modules need to be compiled once.
      NODE_COMPILE_CACHE: join(tmpdir(), "stash-crash-compiled"),
      MAX_PART_SIZE_MB,
      // Every thread of the pool has to be started too.
      STASH_CPU_THREADS: "1",
      WORKER_INTERVAL_MINUTES: "1",
      LOG_LEVEL: "debug",
    })
  }

  async killWorkers(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()))
  }

  /** Stops all workers in order; answers with what they ended with. */
  stopWorkers(): Promise<ReadonlyArray<number | null>> {
    return Promise.all(this.workers.map((worker) => worker.stop()))
  }

  /** Asks for a fault, and forgets the visits to all points so far. */
  async ask(fault: Fault): Promise<void> {
    await this.clearFaults()
    // In one step, since a worker may be reading it.
    await writeFile(join(this.folder, "fault.json"), JSON.stringify(fault))
    await rename(join(this.folder, "fault.json"), join(this.faultFolder, "fault.json"))
  }

  async clearFaults(): Promise<void> {
    for (const file of await readdir(this.faultFolder)) await rm(join(this.faultFolder, file), { force: true })
  }

  /** The worker whose account has come to the point that was asked for. */
  get struck(): Worker | undefined {
    try {
      const pid = Number(readFileSync(join(this.faultFolder, "struck"), "utf8"))
      return this.workers.find((worker) => worker.pid === pid)
    } catch {
      return undefined
    }
  }

  async release(): Promise<void> {
    await rm(join(this.faultFolder, "held"), { force: true })
  }

  query(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    return this.#database.query(text)
  }

  /** The backends that hold an account. */
  async accountHolders(): Promise<ReadonlyArray<number>> {
    const rows = await this.query(
      "select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted order by objid",
    )
    return rows.map(({ pid }) => Number(pid))
  }

  crashPostgres(): Promise<void> {
    return this.#database.crash()
  }

  /** Downloads and parts that lie on the disk. */
  get temporaryFiles(): ReadonlyArray<string> {
    return this.workers.flatMap(temporaryFilesOf)
  }

  /** How many cycles have ended since the last fault was asked for. */
  async cyclesDone(): Promise<number> {
    return (await readdir(this.faultFolder)).filter((name) => name.startsWith("cycle.done.")).length
  }

  async readLog(): Promise<string> {
    const logs = await Promise.all(this.workers.map(({ logFile }) => readFile(logFile, "utf8").catch(() => "")))
    return logs.map((log, index) => `--- worker ${index + 1}\n${log}`).join("\n")
  }

  async close(): Promise<void> {
    await this.killWorkers()
    this.disk?.unmount()
    await this.sandbox.close()
    await this.#database.close()
  }

  /** Processes of the workers that are still there. */
  get leftProcesses(): ReadonlyArray<number> {
    return this.workers.flatMap(({ leftProcesses }) => leftProcesses)
  }
}
