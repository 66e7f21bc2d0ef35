import { statSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import { Database } from "../db/database.ts"
import { enrol } from "../src/demo/enrol.ts"
import { readSandboxRecord } from "../src/demo/sandbox-record.ts"
import { SandboxProcess } from "../src/sandbox/testing/sandbox-process.ts"
import { makeArchive } from "./archive-files.ts"
import { downloadFrom, type ExpectedContent, judgeLibrary, type LibraryVerdict } from "./library-verdict.ts"
import { PostgresServer } from "./postgres-server.ts"
import { until } from "./until.ts"
import { Worker } from "./worker-process.ts"

const DESTINATION = "library"
/** Archives over a mebibyte go up in several parts. */
const MAX_PART_SIZE_MB = "1"
const MEBIBYTE = 1024 * 1024

const phoneOf = (account: number): string => String(15_550_001_001 + account)

/** Every account reads a source of its own and its neighbour's, so that each source has two readers. */
const worldOf = (count: number) => {
  const phones = Array.from({ length: count }, (_, account) => phoneOf(account))
  return {
    accounts: phones.map((phone, account) => ({
      phone,
      firstName: `Account ${account + 1}`,
      premium: account % 2 === 0,
      code: "12345",
    })),
    channels: [
      ...phones.map((phone, account) => ({
        name: `source-${account + 1}`,
        kind: "channel",
        members: [...new Set([phone, phones[(account + 1) % count] ?? phone])],
        admins: [] as ReadonlyArray<string>,
        messages: [],
      })),
      { name: DESTINATION, kind: "channel", members: phones, admins: phones, messages: [] },
    ],
  }
}

/** A worker as an operator runs it (`stash run`), with as many accounts as wanted, and all around it as real processes. */
export class WorkerStage {
  readonly folder: string
  readonly accounts: number
  readonly worker: Worker
  readonly database: PostgresServer
  readonly #expected: Array<ExpectedContent> = []
  #posts = 0
  #sandbox: SandboxProcess
  /** Settles when Telegram is there: nothing can be posted while it is not. */
  #telegram: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, accounts: number, database: PostgresServer, sandbox: SandboxProcess) {
    this.folder = folder
    this.accounts = accounts
    this.database = database
    this.#sandbox = sandbox
    this.worker = new Worker(join(folder, "data"), join(folder, "worker.log"))
  }

  /**
   * Starts sandbox and Postgres in this new folder, and enrols the accounts; not yet the worker. `settings`: of the database
   * server, as in postgresql.conf.
   */
  static async start(
    folder: string,
    accounts: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<WorkerStage> {
    const world = worldOf(accounts)
    const worldFile = join(folder, "world.json")
    await writeFile(worldFile, JSON.stringify(world))
    await mkdir(join(folder, "faults"))
    const [database, sandbox] = await Promise.all([
      PostgresServer.start(join(folder, "postgres"), settings),
      SandboxProcess.start("--world", worldFile, "--state", join(folder, "telegram")),
    ])
    await Effect.runPromise(
      Effect.flatMap(readSandboxRecord(sandbox.ready.url), (record) => enrol(world, record, DESTINATION)).pipe(
        Effect.provide(Database.layer({ url: database.url, max: 1, applicationName: "stage" })),
      ),
    )
    return new WorkerStage(folder, accounts, database, sandbox)
  }

  get faultFolder(): string {
    return join(this.folder, "faults")
  }

  get sandboxUrl(): string {
    return this.#sandbox.ready.url
  }

  get sandboxProcessId(): number {
    return this.#sandbox.processId
  }

  /** How many archive sets have been posted, and of how many contents. */
  get posted(): { readonly sets: number; readonly contents: number } {
    return { sets: this.#posts, contents: this.#expected.length }
  }

  startWorker(settings: Readonly<Record<string, string>> = {}): void {
    this.worker.start({
      DATABASE_URL: this.database.url,
      STASH_SANDBOX: this.sandboxUrl,
      MAX_PART_SIZE_MB,
      STASH_CPU_THREADS: "1",
      ...settings,
    })
  }

  /** Makes an archive that nobody has seen yet and posts it, under another name each time, in these sources (from 1). */
  async post(kibibytes: number, ...sources: ReadonlyArray<number>): Promise<void> {
    const name = `Archive ${this.#expected.length + 1}`
    const path = await makeArchive(join(this.folder, "archives"), `${name}.zip`, kibibytes * 1024)
    const content = { name, paths: [path], parts: Math.ceil(statSync(path).size / MEBIBYTE) }
    await this.#telegram
    this.#expected.push(content)
    for (const [copy, source] of sources.entries()) {
      await this.control("/messages", {
        channel: `source-${source}`,
        file: path,
        name: copy === 0 ? `${name}.zip` : `${name} (copy ${copy}).zip`,
      })
      this.#posts++
    }
  }

  async control(path: string, body: unknown): Promise<void> {
    const response = await fetch(new URL(path, this.sandboxUrl), { method: "POST", body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  }

  /** Kills Telegram and starts it again, with its state and at its addresses, after this time. */
  async restartTelegram(milliseconds: number): Promise<void> {
    const { telegramPort, url } = this.#sandbox.ready
    const restart = async () => {
      await this.#sandbox.end("SIGKILL")
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      this.#sandbox = await SandboxProcess.start(
        ...["--world", join(this.folder, "world.json"), "--state", join(this.folder, "telegram")],
        ...["--port", new URL(url).port, "--telegram-port", String(telegramPort)],
      )
    }
    this.#telegram = restart()
    await this.#telegram
  }

  /** Waits until every set is settled, without the pauses after which what was put off is tried again. */
  async untilSettled(limitMilliseconds: number): Promise<boolean> {
    return until(limitMilliseconds, () => this.#isSettled(), 1000)
  }

  async #isSettled(): Promise<boolean> {
    await this.database.query(
      `update stash_claims set "retryAt" = now() where state = 'deferred' and "retryAt" > now() + interval '3 seconds'`,
    )
    const [row] = await this.database.query(`
      select (select count(*) from packages where "fileCount" > 0)::int as packages,
             (select count(*) from stash_claims where state in ('published', 'duplicate'))::int as settled,
             (select count(*) from stash_publications)::int as open`)
    const isSettled = row?.["packages"] === this.#expected.length && row["settled"] === this.#posts && row["open"] === 0
    if (!isSettled) await this.database.query("select pg_notify('ingestion_trigger', '')")
    return isSettled
  }

  /** Compares the destination with what was posted. To be asked when nothing moves any more. */
  async judge(): Promise<LibraryVerdict> {
    const { channels } = await Effect.runPromise(readSandboxRecord(this.sandboxUrl))
    const messages = channels.find(({ name }) => name === DESTINATION)?.messages ?? []
    return judgeLibrary({
      expected: this.#expected,
      delivered: messages.flatMap(({ file, id, text }) => (file === undefined ? [] : [{ id, name: file.name, text }])),
      download: downloadFrom(this.sandboxUrl, DESTINATION),
      query: (text) => this.database.query(text),
    })
  }

  async close(): Promise<void> {
    await this.worker.kill()
    await this.#telegram.catch(() => undefined)
    await this.#sandbox[Symbol.asyncDispose]()
    await this.database.close()
  }
}
