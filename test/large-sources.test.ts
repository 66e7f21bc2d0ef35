import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const MESSAGES = 100_000
const KIBIBYTE = 1024
/** What a life of the account may grow to, but for what it reads until that is noticed. */
const SOFT_MEBIBYTES = 200

type WorldChannel = World["channels"][number]

const worldWith = (source: Partial<WorldChannel>): World => ({
  accounts: [{ phone, firstName: "Alice", code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [phone], ...source },
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone] },
  ],
})

/** So many documents that are no archives. */
const notes = (repeat: number) => ({ generate: { bytes: 1000, seed: "{n}" }, name: "note {n}.txt", repeat })

/** The account's calls so far, by method. */
const callsOf = ({ sandbox }: RunningWorker): ReadonlyMap<string, number> =>
  new Map(Object.entries(sandbox.counters().accounts[phone] ?? {}).map(([method, { calls }]) => [method, calls]))

/** How many calls were made since, but for those that move files. */
const callsSince = (before: ReadonlyMap<string, number>, worker: RunningWorker): number =>
  [...callsOf(worker)].reduce(
    (sum, [method, calls]) =>
      /^upload\.|sendMedia|uploadMedia/.test(method) ? sum : sum + calls - (before.get(method) ?? 0),
    0,
  )

const searches = (worker: RunningWorker): number => callsOf(worker).get("messages.search") ?? 0

/** The process of the worker's account cell, and its resident MiB; undefined when it has none now. */
const cellOf = (worker: RunningWorker): { readonly pid: string; readonly mebibytes: number } | undefined => {
  for (const pid of readdirSync("/proc")) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8")
      if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== worker.pid) continue
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("/accounts/warden.ts")) continue
      return { pid, mebibytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / KIBIBYTE }
    } catch {
      // No process, or one that has ended meanwhile.
    }
  }
  return undefined
}

const isScanned = `select 1 as ok from stash_source_states where "scannedAt" is not null`
const completedRuns = (count: number) =>
  `select 1 as ok from ingestion_runs where "status" = 'COMPLETED' having count(*) >= ${count}`

describe("a large source", () => {
  it("is read in constant memory, with hardly more calls than pages, and again with three at most", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldWith({ messages: [notes(MESSAGES - 1), { file: await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE) }] }),
    )
    worker.start({ STASH_CELL_SOFT_MB: String(SOFT_MEBIBYTES) })
    const mostOfLife = new Map<string, number>()
    while ((await worker.query(isScanned)).length === 0) {
      const cell = cellOf(worker)
      if (cell !== undefined) mostOfLife.set(cell.pid, Math.max(mostOfLife.get(cell.pid) ?? 0, cell.mebibytes))
      await sleep(200)
    }
    expect(searches(worker)).toBeLessThan((1.1 * MESSAGES) / 100)
    // TDLib takes some 2.8 KiB for every document that it reads, and most of it until it is closed: so it is closed, again and again.
    expect(mostOfLife.size).toBeGreaterThan(1)
    expect(Math.max(...mostOfLife.values())).toBeLessThan(1.7 * SOFT_MEBIBYTES)
    await worker.untilSettled(1)
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    const before = callsOf(worker)
    await worker.call()
    await worker.until("a second cycle", completedRuns(2))
    expect(callsSince(before, worker)).toBeLessThanOrEqual(3)
    expect(worker.library).toHaveLength(1)
  }, 300_000)

  for (const order of ["oldest", "newest"])
    it(`is gone on with where a crash cut its first scan off, ${order} first`, async () => {
      const documents = 30_000
      await using worker = await RunningWorker.prepare(async () => worldWith({ messages: [notes(documents)] }))
      worker.start({ STASH_SCAN_ORDER: order })
      await worker.until("a saved place", `select 1 as ok from stash_source_states where "floor" > 0 or "high" > 0`)
      await worker.kill()
      const [place] = await worker.query(
        `select "floor" / 1048576 + coalesce(("high" - "low") / 1048576, 0) as seen from stash_source_states`,
      )
      const seen = Number(place?.["seen"])
      expect(seen).toBeGreaterThan(1000)
      const before = searches(worker)
      worker.start({ STASH_SCAN_ORDER: order })
      await worker.until("the end of the scan", isScanned)
      expect(searches(worker) - before).toBeLessThan((1.1 * (documents - seen)) / 100 + 10)
    }, 120_000)

  it("may be a forum of a thousand topics, of which those without news cost nothing", async () => {
    const topics = Array.from({ length: 1000 }, (_, n) => ({ name: `topic ${n + 1}`, title: `Studio ${n + 1}` }))
    const files: Array<string> = []
    await using worker = await RunningWorker.prepare(async (folder) => {
      for (const name of ["one.zip", "two.zip", "three.zip"])
        files.push(await makeArchive(folder, name, 100 * KIBIBYTE))
      return worldWith({
        kind: "supergroup",
        forum: true,
        topics,
        messages: topics.map(({ name }) => ({
          generate: { bytes: 100, seed: name },
          name: `${name}.txt`,
          topic: name,
        })),
      })
    })
    worker.start()
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    const before = callsOf(worker)
    for (const [index, topic] of ["Studio 7", "Studio 500", "General"].entries())
      await worker.post("/messages", { channel: "source", file: files[index], topic })
    await worker.untilSettled(3)
    await worker.until("metadata", `select 1 as ok from packages where "fileCount" > 0 having count(*) = 3`)
    await worker.until("a scan", completedRuns(2))
    expect(callsSince(before, worker)).toBeLessThanOrEqual(15)
    const creators = await worker.query(`select "fileName" as name, "creator" from packages order by 1`)
    expect(creators).toEqual([
      { name: "one.zip", creator: "Studio 7" },
      { name: "three.zip", creator: "Source" },
      { name: "two.zip", creator: "Studio 500" },
    ])
    const noted = await worker.query(
      `select "topicName" as name from topic_progress where "topicName" is not null order by 1`,
    )
    expect(noted).toEqual([{ name: "Studio 500" }, { name: "Studio 7" }])
    expect(await worker.query(`select count(*)::int as count from topic_progress`)).toEqual([{ count: 1001 }])
  }, 120_000)
})
