import { type ChildProcess, execFile, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect } from "effect"
import postgres from "postgres"
import { Database } from "../db/database.ts"
import { enrol } from "../src/demo/enrol.ts"
import { type Sandbox, startSandbox, type World } from "../src/sandbox/sandbox.ts"
import { consoleUrl } from "./console-client.ts"
import { freshDatabase } from "./fresh-database.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const LIMIT_MILLISECONDS = 60_000

/** The channel of a world that everything is published in. */
export const LIBRARY = "library"

/** The worker as a user runs it (`stash run`), on a sandbox and a database of its own, and what one asks of them. */
export class RunningWorker implements AsyncDisposable {
  readonly folder: string
  readonly sandbox: Sandbox
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #sql: postgres.Sql
  readonly #commands = new Set<ChildProcess>()
  #process: ChildProcess | undefined

  private constructor(folder: string, sandbox: Sandbox, databaseUrl: string) {
    this.folder = folder
    this.sandbox = sandbox
    this.#sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
    this.#environment = {
      PATH: process.env["PATH"],
      DATABASE_URL: databaseUrl,
      STASH_DATA_DIR: join(folder, "data"),
      STASH_SANDBOX: sandbox.controlUrl,
      WORKER_INTERVAL_MINUTES: "60",
      // Many workers run side by side.
      STASH_CONSOLE_PORT: "off",
    }
  }

  /** Starts the sandbox with a world in which the accounts read every channel but the library; not yet the worker. */
  static async prepare(makeWorld: (folder: string) => Promise<World>): Promise<RunningWorker> {
    const folder = await mkdtemp(join(tmpdir(), "stash-worker-"))
    const world = await makeWorld(join(folder, "files"))
    const sandbox = await startSandbox({ world })
    const databaseUrl = await freshDatabase()
    const database = Database.layer({ url: databaseUrl, max: 1, applicationName: "test" })
    const record = { channels: sandbox.state().channels.map((channel) => ({ ...channel, messages: [] })) }
    const members = { accounts: world.accounts as never, channels: world.channels as never }
    await Effect.runPromise(enrol(members, record, LIBRARY).pipe(Effect.provide(database)))
    return new RunningWorker(folder, sandbox, databaseUrl)
  }

  /** Starts the worker, with these settings beside the usual ones, and these flags of `run`. */
  start(settings: Readonly<Record<string, string>> = {}, ...flags: ReadonlyArray<string>): void {
    const log = openSync(join(this.folder, "worker.log"), "a")
    this.#process = spawn(process.execPath, [main, "run", ...flags], {
      stdio: ["ignore", log, log],
      env: { ...this.#environment, ...settings },
    })
    closeSync(log)
  }

  /** Stops the worker as a container is stopped; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const worker = this.#process
    this.#process = undefined
    if (worker === undefined || worker.exitCode !== null) return worker?.exitCode ?? null
    const exited = new Promise<number | null>((resolve) => worker.once("exit", resolve))
    worker.kill("SIGTERM")
    return exited
  }

  /** Kills the worker's process, as if the machine had lost its power; its cells notice, and end by themselves. */
  async kill(): Promise<void> {
    const worker = this.#process
    this.#process = undefined
    if (worker === undefined || worker.exitCode !== null) return
    const exited = new Promise((resolve) => worker.once("exit", resolve))
    worker.kill("SIGKILL")
    await exited
  }

  /** Waits until the worker serves its console, which it must have been told to; resolves with the address. */
  consoleUrl(): Promise<string> {
    return consoleUrl(join(this.folder, "worker.log"))
  }

  /** The process id of the worker, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Waits until the worker ends by itself; resolves with its exit code. */
  async ended(): Promise<number | null> {
    const worker = this.#process
    if (worker === undefined) return null
    if (worker.exitCode !== null || worker.signalCode !== null) return worker.exitCode
    return new Promise((resolve) => worker.once("exit", resolve))
  }

  /** Runs a command of `stash` against the same database; resolves with what it printed as JSON. */
  async stash(...args: ReadonlyArray<string>): Promise<never> {
    return JSON.parse(await this.print(...args, "--json")) as never
  }

  /** As `stash`, for a command that prints one JSON value a line. */
  async lines(...args: ReadonlyArray<string>): Promise<ReadonlyArray<Record<string, unknown>>> {
    const printed = await this.print(...args, "--json")
    return printed.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
  }

  /** Runs a command of `stash` as at a terminal, with these lines typed; resolves with its exit code and what it said. */
  typing(lines: ReadonlyArray<string>, ...args: ReadonlyArray<string>): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [main, ...args], { env: { ...this.#environment }, stdio: "pipe" })
    this.#commands.add(child)
    let said = ""
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text
      })
    child.stdin.end(lines.map((line) => `${line}\n`).join(""))
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, said })))
  }

  /** As `stash`; resolves with what it printed. */
  async print(...args: ReadonlyArray<string>): Promise<string> {
    const env = { ...this.#environment }
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { env })
    return stdout
  }

  query(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    return this.#sql.unsafe(text)
  }

  /** Asks the sandbox's control interface to do something. */
  async post(path: string, body: unknown): Promise<void> {
    const response = await fetch(new URL(path, this.sandbox.controlUrl), { method: "POST", body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  }

  /** Lets all accounts go through their sources now, as "Sync now" of the web app does. */
  async call(): Promise<void> {
    await this.query("select pg_notify('ingestion_trigger', '')")
  }

  /** Waits until a query answers with a row; fails with the end of the worker's log. */
  async until(what: string, query: string): Promise<Record<string, unknown>> {
    for (let waited = 0; waited < LIMIT_MILLISECONDS; waited += 50) {
      const [row] = await this.query(query)
      if (row !== undefined) return row
      await sleep(50)
    }
    const log = await readFile(join(this.folder, "worker.log"), "utf8").catch(() => "")
    throw new Error(`${what}: not within ${LIMIT_MILLISECONDS / 1000} s\n${log.slice(-8000)}`)
  }

  /** Waits until every set that was ever seen is settled, and there are so many of them. */
  async untilSettled(sets: number): Promise<void> {
    await this.until(
      `${sets} settled sets`,
      `select 1 as ok from stash_claims having count(*) = ${sets}
         and count(*) filter (where "state" in ('published', 'duplicate', 'skipped')) = ${sets}`,
    )
  }

  /** What the worker has logged. */
  get log(): ReadonlyArray<Record<string, unknown>> {
    return readFileSync(join(this.folder, "worker.log"), "utf8")
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []))
  }

  /** Everything in the worker's folder but one folder of its data, as one text: its logs, printed and kept. */
  async writtenBeside(folder: string): Promise<string> {
    const files = await readdir(this.folder, { recursive: true, withFileTypes: true })
    const texts = files
      .filter((file) => file.isFile() && !join(file.parentPath, "/").startsWith(join(this.folder, "data", folder, "/")))
      .map((file) => readFile(join(file.parentPath, file.name), "latin1"))
    return (await Promise.all(texts)).join("\n")
  }

  /** The documents in the destination that are not deleted, in their order. */
  get library(): ReadonlyArray<{ readonly id: number; readonly name: string; readonly sha256: string }> {
    const channel = this.sandbox.state().channels.find(({ name }) => name === LIBRARY)
    return (channel?.messages ?? []).flatMap(({ deleted, file, id }) =>
      deleted === undefined && file !== undefined ? [{ id, name: file.name, sha256: file.sha256 }] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#commands) command.kill("SIGKILL")
    await this.stop()
    await this.#sql.end()
    await this.sandbox.close()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
