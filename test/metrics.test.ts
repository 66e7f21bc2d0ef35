import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { consoleUrl, health, scrape } from "./console-client.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"
import { WorkerStage } from "./worker-stage.ts"

const MEBIBYTE = 1024 * 1024
const ALICE = "15550001001"
const BANNED = "15550001002"
/** What MTProto adds to the bytes of a file, at most. */
const OVERHEAD = 1.03

const worldOf = (files: ReadonlyArray<{ file: string; name?: string }>): World => ({
  accounts: [
    { phone: ALICE, firstName: "Alice", premium: false, code: "12345" },
    { phone: BANNED, firstName: "Mallory", code: "12345", banned: true },
  ],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [ALICE], messages: files },
    { name: LIBRARY, title: "Library", kind: "channel", members: [ALICE], admins: [ALICE], messages: [] },
  ],
})

/** Metrics that the dashboard and the alert rules speak of. */
const spokenOf = async (): Promise<ReadonlySet<string>> => {
  const files = ["grafana/dashboard.json", "prometheus/alerts.yml"]
  const texts = files.map((file) => readFile(new URL(`../deploy/${file}`, import.meta.url), "utf8"))
  return new Set((await Promise.all(texts)).join("\n").match(/\b(?:stash|process)_[a-z0-9_]+\b/g))
}

/** The labels by which they pick samples of a metric. */
const pickedBy = async (): Promise<ReadonlyArray<readonly [metric: string, label: string]>> => {
  const files = ["grafana/dashboard.json", "prometheus/alerts.yml"]
  const texts = files.map((file) => readFile(new URL(`../deploy/${file}`, import.meta.url), "utf8"))
  const expressions = (await Promise.all(texts)).join("\n").replaceAll('\\"', '"')
  return [...expressions.matchAll(/\b((?:stash|process)_[a-z0-9_]+)\{([^}]*)\}/g)].flatMap(
    ([, metric = "", picked = ""]) =>
      [...picked.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => [metric, label] as const),
  )
}
/** Labels that Prometheus adds to what it scrapes. */
const addedLabels: ReadonlySet<string> = new Set(["instance", "job"])

interface Listed {
  readonly accounts: ReadonlyArray<{ readonly state: string; readonly reason: string }>
}

describe("the metrics of a worker", () => {
  it("agree with Telegram's own counters, name who is parked and why, and go on over a restart", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const dragon = await makeArchive(folder, "Dragon.zip", 6 * MEBIBYTE)
      return worldOf([{ file: dragon }, { file: dragon, name: "Dragon again.zip" }])
    })
    const served = () => worker.sandbox.counters().accounts[ALICE]?.["upload.getFile"]?.bytesOut ?? 0
    const delivered = () =>
      (worker.sandbox.state().channels.find(({ name }) => name === LIBRARY)?.messages ?? []).reduce(
        (sum, { file }) => sum + (file?.bytes ?? 0),
        0,
      )
    /** Whether Alice has done everything, and what was moved is what Telegram served and holds. */
    const agree = async (url: string) => {
      const metrics = await scrape(url)
      const account = "Alice"
      const down = metrics.value("stash_transferred_bytes_total", { account, direction: "down" })
      const up = metrics.value("stash_transferred_bytes_total", { account, direction: "up" })
      return (
        metrics.all("stash_account_state", { account, state: "idle" }).length === 1 &&
        metrics.value("stash_sets_total", { account, outcome: "duplicate" }) === 1 &&
        down <= served() &&
        down * OVERHEAD >= served() &&
        up === delivered()
      )
    }
    worker.start({ STASH_CONSOLE_PORT: "0", MAX_PART_SIZE_MB: "4" })
    const url = await worker.consoleUrl()
    await worker.untilSettled(2)
    expect(await until(60_000, () => agree(url))).toBe(true)
    // An account that was called meanwhile is tried once more, and parked again.
    let metrics = await scrape(url)
    const isParked = async () => {
      metrics = await scrape(url)
      return metrics.value("stash_accounts", { state: "parked" }) === 1
    }
    expect(await until(60_000, isParked)).toBe(true)

    const account = "Alice"
    expect(metrics.value("stash_transferred_bytes_total", { account, direction: "up" })).toBeGreaterThan(6 * MEBIBYTE)
    expect(metrics.value("stash_transferred_files_total", { account, direction: "up" })).toBe(2)
    expect(metrics.value("stash_sets_total", { account, outcome: "published" })).toBe(1)
    expect(metrics.value("stash_sets_total", { account, outcome: "duplicate" })).toBe(1)
    expect(metrics.value("stash_sets_bytes_total", { account, outcome: "duplicate" })).toBeGreaterThan(6 * MEBIBYTE)
    for (const stage of ["settle", "download", "hash", "inspect", "split", "upload", "metadata"])
      expect(metrics.value("stash_stage_seconds_count", { stage }), stage).toBeGreaterThan(0)
    expect(metrics.value("stash_stage_seconds_count", { stage: "upload" })).toBe(2)
    expect(metrics.value("stash_account_state", { account, state: "idle" })).toBe(1)
    expect(metrics.value("stash_cell_resident_memory_bytes", { account })).toBeGreaterThan(20 * MEBIBYTE)
    expect(metrics.value("stash_disk_free_bytes", { folder: "temp" })).toBeGreaterThan(0)
    expect(metrics.value("stash_database_up")).toBe(1)
    const [parked] = metrics.all("stash_account_parked")
    expect(parked?.labels).toEqual({ account: "Mallory", reason: expect.stringContaining("banned") })
    expect(metrics.value("stash_account_state", { account: "Mallory", state: "parked" })).toBe(1)
    // Status and log say so too.
    const isListed = async () => {
      const { accounts }: Listed = await worker.stash("account", "list")
      return accounts.some(({ reason, state }) => state === "parked" && reason.includes("banned"))
    }
    expect(await until(60_000, isListed)).toBe(true)
    expect(worker.log).toContainEqual(
      expect.objectContaining({ event: "account.parked", level: "error", reason: expect.stringContaining("banned") }),
    )
    expect(JSON.stringify(metrics.samples)).not.toMatch(/1555000100/)

    const unknown = [...(await spokenOf())].filter((name) => !metrics.names.has(name))
    expect(unknown).toEqual([])
    const picked = (await pickedBy()).filter(([, label]) => !addedLabels.has(label))
    expect(picked.length).toBeGreaterThan(5)
    for (const [metric, label] of picked)
      expect(Object.keys(metrics.all(metric)[0]?.labels ?? {}), `${metric}{${label}}`).toContain(label)

    // One of two accounts works, so the worker does.
    expect(await health(url, "ready")).toEqual({ code: 200, status: "ready", reasons: [] })
    expect(await health(url, "live")).toEqual({ code: 200, status: "live", reasons: [] })

    await worker.stash("account", "restart", "Alice")
    expect(
      await until(30_000, async () => {
        const later = await scrape(url)
        return later.value("stash_account_restarts_total", { account, cause: "asked" }) === 1
      }),
    ).toBe(true)
    expect((await scrape(url)).value("stash_account_restarts_total", { account, cause: "failed" })).toBe(0)
    // What it had moved before counts still.
    expect(await until(60_000, () => agree(url))).toBe(true)
    expect(await worker.stop()).toBe(0)
  }, 300_000)

  it("count the waits that Telegram asked for, how long they were, and when it slowed transfers down", async () => {
    const seconds = 3
    await using worker = await RunningWorker.prepare(async (folder) => ({
      ...worldOf([{ file: await makeArchive(folder, "Dragon.zip", 2 * MEBIBYTE) }]),
      speed: { free: { down: 100_000 } },
    }))
    const refused = (method: string) => worker.sandbox.counters().accounts[ALICE]?.[method]?.errors ?? 0
    const effect = { error: { code: 420, text: `FLOOD_WAIT_${seconds}` } }
    worker.sandbox.faults.add({ method: "messages.search", times: 1, effect })
    worker.start({ STASH_CONSOLE_PORT: "0" })
    const url = await worker.consoleUrl()
    await worker.untilSettled(1)
    const account = "Alice"
    const isCounted = async () => {
      const now = await scrape(url)
      const searches = now.all("stash_flood_waits_total", { account, kind: "searches" })
      return searches.length === 1 && now.value("stash_speed_limits_total", { account, direction: "down" }) > 0
    }
    expect(await until(60_000, isCounted)).toBe(true)
    const metrics = await scrape(url)
    expect(refused("messages.search")).toBe(1)
    expect(metrics.value("stash_flood_waits_total", { account })).toBe(1)
    // What is waited is a little longer, for clocks that differ.
    const waited = metrics.value("stash_flood_wait_seconds_total", { account, kind: "searches" })
    expect(waited).toBeGreaterThanOrEqual(seconds)
    expect(waited).toBeLessThanOrEqual(seconds + 2)
    // It is slow from the first refusal on, however many follow.
    const slowed = metrics.value("stash_speed_limits_total", { account, direction: "down" })
    expect(slowed).toBeLessThanOrEqual(refused("upload.getFile"))
    expect(metrics.value("stash_speed_limits_total", { account, direction: "up" })).toBe(0)
    expect(await worker.stop()).toBe(0)
  }, 180_000)
})

describe("the health of a worker", () => {
  it("counts a lost lock, is not ready while the database is away, says so, and is ready again after it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stash-health-"))
    const stage = await WorkerStage.start(folder, 1)
    try {
      stage.startWorker({ STASH_CONSOLE_PORT: "0" })
      const url = await consoleUrl(stage.worker.logFile)
      const isReady = (code: number) => until(60_000, async () => (await health(url, "ready")).code === code)
      expect(await isReady(200)).toBe(true)
      // When all sessions end at once, the account may end before it knows of this one.
      await stage.database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'lock:%'",
      )
      const isLossSeen = async () => ((await scrape(url)).value("stash_lock_losses_total") ?? 0) > 0
      expect(await until(60_000, isLossSeen)).toBe(true)
      expect(await isReady(200)).toBe(true)
      await stage.database.kill()
      expect(await isReady(503)).toBe(true)
      const away = await health(url, "ready")
      expect(away.status).toBe("not ready")
      expect(away.reasons.join()).toContain("the database cannot be reached")
      // A restart of the worker would not bring it back.
      expect((await health(url, "live")).code).toBe(200)
      expect((await scrape(url)).value("stash_database_up")).toBe(0)
      await stage.database.startAgain()
      expect(await isReady(200)).toBe(true)
      expect((await scrape(url)).value("stash_database_up")).toBe(1)
    } finally {
      await stage.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  }, 180_000)
})
