import { Effect, Exit, Scope } from "effect"
import postgres from "postgres"
import { embeddedPostgres } from "../db/embedded.ts"
import { migrate } from "../db/migrate.ts"
import { processesWith } from "./process-group.ts"

interface Running {
  readonly scope: Scope.Closeable
  readonly url: string
}

type Settings = Readonly<Record<string, string>>

const start = async (directory: string, settings: Settings, port?: number): Promise<Running> => {
  const scope = Scope.makeUnsafe()
  const server = embeddedPostgres({ directory, settings, ...(port === undefined ? {} : { port }) })
  const { url } = await Effect.runPromise(Scope.provide(server, scope))
  return { scope, url }
}

/** A database server of one's own that can be crashed, with the worker's tables in it. */
export class PostgresServer {
  readonly #directory: string
  readonly #settings: Settings
  #running: Running

  private constructor(directory: string, settings: Settings, running: Running) {
    this.#directory = directory
    this.#settings = settings
    this.#running = running
  }

  /** `settings`: as in postgresql.conf. */
  static async start(directory: string, settings: Settings = {}): Promise<PostgresServer> {
    const running = await start(directory, settings)
    await Effect.runPromise(migrate(running.url))
    return new PostgresServer(directory, settings, running)
  }

  /** Stays the same over crashes. */
  get url(): string {
    return this.#running.url
  }

  /** Its first process, parent of all others. */
  get processId(): number {
    return processesWith(this.#directory)[0] ?? 0
  }

  /** Runs a statement of the harness itself. */
  async query(text: string): Promise<ReadonlyArray<Record<string, unknown>>> {
    const sql = postgres(this.url, { max: 1, onnotice: () => undefined, connect_timeout: 10 })
    try {
      return await sql.unsafe(text)
    } finally {
      await sql.end({ timeout: 5 })
    }
  }

  /** Ends it as a power failure does, and starts it again on the same port: the workers' URL holds the port. */
  async crash(): Promise<void> {
    await this.kill()
    await this.startAgain()
  }

  /** Ends it as a power failure does. */
  async kill(): Promise<void> {
    for (const pid of processesWith(this.#directory)) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // Gone by itself.
      }
    }
    await this.close()
  }

  async startAgain(): Promise<void> {
    const { port } = new URL(this.url)
    this.#running = await start(this.#directory, this.#settings, Number(port))
  }

  async close(): Promise<void> {
    await Effect.runPromise(Scope.close(this.#running.scope, Exit.void))
  }
}
