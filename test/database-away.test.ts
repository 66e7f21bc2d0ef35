import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"
import { describe, expect, it } from "vitest"
import type { PostgresServer } from "./postgres-server.ts"
import { AccountLives } from "./soak/account-lives.ts"
import { WorkerLog } from "./soak/worker-log.ts"
import { until } from "./until.ts"
import { WorkerStage } from "./worker-stage.ts"

/** A few restarts of an account take less. */
const AWAY_MILLISECONDS = 15_000
/** All that the worker needs has room in so many sessions. */
const SESSIONS = 30

interface Trouble {
  /** Brings it about; the answer ends it. */
  readonly begin: (stage: WorkerStage, lives: AccountLives) => Promise<() => Promise<unknown>>
  /** What is logged of it. */
  readonly why: string
}

const away: Trouble = {
  begin: async ({ database }) => {
    await database.kill()
    return () => database.startAgain()
  },
  why: "the database is away",
}

/** Takes every session but two, and each that becomes free. */
const takeSessions = async (database: PostgresServer) => {
  const taken: Array<postgres.Sql> = []
  const take = async () => {
    const [row] = await database.query("select sum(numbackends)::int - 1 as used from pg_stat_database")
    for (let used = Number(row?.["used"]); used < SESSIONS - 2; used++) {
      const sql = postgres(database.url, { max: 1 })
      taken.push(sql)
      await sql`select 1`
    }
  }
  await take()
  let isTaking = true
  const taking = (async () => {
    while (isTaking) await sleep(200).then(take)
  })()
  return async () => {
    isTaking = false
    await taking
    await Promise.all(taken.map((sql) => sql.end()))
  }
}

const full: Trouble = {
  begin: async ({ database }, lives) => {
    const release = await takeSessions(database)
    for (const { pid } of lives.accounts.values()) process.kill(pid, "SIGKILL")
    return release
  },
  why: "raise its max_connections",
}

/** Two accounts at rest, then the trouble for a while, then its end: they wait for it, and nobody is parked. */
const expectPatience = async ({ begin, why }: Trouble) => {
  const folder = await mkdtemp(join(tmpdir(), "stash-away-"))
  const stage = await WorkerStage.start(folder, 2, { max_connections: String(SESSIONS) })
  try {
    stage.startWorker({ STASH_MAX_RESTARTS: "1" })
    const log = new WorkerLog(stage.worker.logFile)
    const lives = new AccountLives()
    const waits: Array<unknown> = []
    const events: Array<string> = []
    const areAll = (state: string) => () => {
      const news = log.read()
      events.push(...news.map(({ event }) => event ?? ""))
      waits.push(...news.flatMap((entry) => (entry.event === "account.no_database" ? [JSON.stringify(entry)] : [])))
      lives.hear(news)
      const states = [...lives.accounts.values()].map((account) => account.state)
      return states.length === 2 && states.every((one) => one === state)
    }
    expect(await until(60_000, areAll("idle"))).toBe(true)
    const end = await begin(stage, lives)
    expect(await until(60_000, areAll("starting"))).toBe(true)
    await sleep(AWAY_MILLISECONDS)
    expect(areAll("starting")()).toBe(true)
    await end()
    expect(await until(60_000, areAll("idle"))).toBe(true)
    expect(waits).toEqual([expect.stringContaining(why), expect.stringContaining(why)])
    expect(events).not.toContain("account.parked")
  } finally {
    await stage.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

describe("accounts wait, which no policy counts, and go on at its end", () => {
  it("for a database that is away", () => expectPatience(away), 180_000)

  it("for a database that lets no more sessions in", () => expectPatience(full), 180_000)
})
