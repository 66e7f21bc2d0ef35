import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { AccountLives } from "./soak/account-lives.ts"
import { WorkerLog } from "./soak/worker-log.ts"
import { until } from "./until.ts"
import { WorkerStage } from "./worker-stage.ts"

/** A few restarts of an account take less. */
const AWAY_MILLISECONDS = 15_000

describe("a worker whose database is away", () => {
  it("lets its accounts wait for it, which no policy counts, and go on when it is back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stash-away-"))
    const stage = await WorkerStage.start(folder, 2)
    try {
      stage.startWorker({ STASH_MAX_RESTARTS: "1" })
      const log = new WorkerLog(stage.worker.logFile)
      const lives = new AccountLives()
      const lines: Array<string> = []
      const areAll = (state: string) => () => {
        const news = log.read()
        lines.push(...news.map(({ event }) => event ?? ""))
        lives.hear(news)
        const states = [...lives.accounts.values()].map((account) => account.state)
        return states.length === 2 && states.every((one) => one === state)
      }
      expect(await until(60_000, areAll("idle"))).toBe(true)
      await stage.database.kill()
      expect(await until(60_000, areAll("starting"))).toBe(true)
      await sleep(AWAY_MILLISECONDS)
      expect(areAll("starting")()).toBe(true)
      await stage.database.startAgain()
      expect(await until(60_000, areAll("idle"))).toBe(true)
      expect(lines.filter((event) => event === "account.no_database")).toHaveLength(2)
      expect(lines).not.toContain("account.parked")
    } finally {
      await stage.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  }, 180_000)
})
