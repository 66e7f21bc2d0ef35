import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { PostgresServer } from "../test/postgres-server.ts"
import { until } from "../test/until.ts"
import { Database } from "./database.ts"
import { LockSession } from "./lock-session.ts"

const SESSIONS = 8

let folder = ""
let server: PostgresServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stash-sessions-"))
  server = await PostgresServer.start(join(folder, "postgres"), {
    max_connections: String(SESSIONS),
    superuser_reserved_connections: "1",
    max_wal_senders: "0",
  })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

const pool = () => Database.layer({ url: server.url, max: 3, applicationName: "pool", statementTimeout: "2 seconds" })

const statement = (text: string) =>
  Effect.flatMap(Database, (database) =>
    database.rows("statement", Schema.Struct({ value: Schema.Int }), (sql) => sql.unsafe(text)),
  )
const short = statement("select pg_sleep(0.02)::text is not null, 1 as value")

/** Takes all sessions of the server until the answer is called. */
const takeAll = async () => {
  const taken = Array.from({ length: SESSIONS }, () => postgres(server.url, { max: 1 }))
  await Promise.all(taken.map((sql) => sql`select 1`))
  return () => Promise.all(taken.map((sql) => sql.end()))
}

describe("sessions", () => {
  it("are shared by more users than the server lets in, and nobody is refused", async () => {
    const one = Effect.forEach(Array.from({ length: 30 }), () => short, { concurrency: 3, discard: true }).pipe(
      Effect.provide(pool()),
    )
    await Effect.runPromise(
      Effect.all(
        Array.from({ length: 6 }, () => one),
        { concurrency: "unbounded", discard: true },
      ),
    )
  })

  it("that the server does not let in now are waited for, those of locks too", async () => {
    const release = await takeAll()
    const locked = Effect.flatMap(LockSession, (session) => session.tryAccountLock("account")).pipe(
      Effect.provide(LockSession.layer({ url: server.url, applicationName: "lock" })),
    )
    const both = Effect.runPromise(Effect.all([Effect.provide(short, pool()), locked], { concurrency: 2 }))
    setTimeout(release, 700)
    expect(await both).toEqual([[{ value: 1 }], true])
  })

  it("are not waited for without end, and the error says what helps", async () => {
    const release = await takeAll()
    const error = await Effect.runPromise(Effect.flip(Effect.provide(short, pool())))
    await release()
    expect(error).toMatchObject({ reason: "unavailable", code: "53300" })
    expect(error.message).toContain("raise the server's max_connections")
  })
})

describe("a session that nobody uses", () => {
  it("is closed, and opened again when it is needed", async () => {
    const big = await mkdtemp(join(tmpdir(), "stash-sessions-"))
    const roomy = await PostgresServer.start(join(big, "postgres"))
    const count = async () =>
      Number(
        (await roomy.query("select count(*) as n from pg_stat_activity where application_name = 'pool'"))[0]?.["n"],
      )
    const work = Effect.gen(function* () {
      yield* Effect.all([short, short, short], { concurrency: 3 })
      expect(yield* Effect.promise(count)).toBe(3)
      expect(yield* Effect.promise(() => until(5_000, async () => (await count()) === 0))).toBe(true)
      expect(yield* short).toEqual([{ value: 1 }])
      expect(yield* Effect.promise(count)).toBe(1)
    })
    try {
      const idleLimit = "500 millis"
      const layer = Database.layer({ url: roomy.url, max: 3, applicationName: "pool", idleLimit })
      await Effect.runPromise(Effect.provide(work, layer))
    } finally {
      await roomy.close()
      await rm(big, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  })
})
