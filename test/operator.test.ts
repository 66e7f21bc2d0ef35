import { describe, expect, it } from "vitest"
import type { Status } from "../src/cli/status-look.ts"
import { makeArchive } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

const worldOf = (files: ReadonlyArray<{ file: string; name?: string }>) => oneSource(phone, files)

interface Listed {
  readonly accounts: ReadonlyArray<{ readonly state: string; readonly phone: string; readonly reason: string }>
}

const pidQuery = `select pid from pg_stat_activity where application_name like 'lock:%' and datname = current_database()`

describe("an operator", () => {
  it("sees what an account does, restarts it, takes it out and lets it run again", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([{ file: await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE) }]),
    )
    const states = async (): Promise<ReadonlyArray<string>> => {
      const { accounts }: Listed = await worker.stash("account", "list")
      return accounts.map(({ state }) => state)
    }
    const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle'`
    expect(await states()).toEqual(["not run yet"])
    worker.start()
    await worker.until("an idle account", isIdle)
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(accounts).toMatchObject([{ state: "idle", phone: "155***01" }])
    expect(accounts[0]?.reason).toContain("next cycle at")

    const before = await worker.query(pidQuery)
    await worker.stash("account", "restart", "Alice")
    await worker.until("another life", `select 1 as ok from (${pidQuery}) s where pid <> ${before[0]?.["pid"]}`)
    await worker.until("an idle account", isIdle)
    expect(worker.log.filter(({ event }) => event === "account.restart")).toMatchObject([
      { reason: "the operator had it restarted", restarts: 0 },
    ])
    const restarted: Status = await worker.stash("status")
    expect(restarted.accounts).toMatchObject([{ lastRestart: { reason: "the operator had it restarted" } }])

    await worker.stash("account", "disable", "Alice")
    await worker.until("no cell", `select 1 as ok from (${pidQuery}) s having count(*) = 0`)
    expect(await states()).toEqual(["disabled"])
    await worker.stash("account", "enable", "Alice")
    await worker.until("a cell", `select 1 as ok from (${pidQuery}) s`)
    await worker.until("an idle account", isIdle)
    expect(await worker.stop()).toBe(0)
    expect(await states()).toEqual(["stopped"])
  }, 180_000)

  it("reads the life of an archive, from its sight to the library or to what it waits for", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const dragon = await makeArchive(folder, "Dragon.zip", 2500 * KIBIBYTE)
      const castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, "-v400k")
      return worldOf([{ file: dragon }, { file: dragon, name: "Dragon again.zip" }, { file: `${castle}.001` }])
    })
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.until(
      "three sets",
      `select 1 as ok from stash_claims where "state" <> 'claimed' and "state" <> 'deferred' having count(*) = 3`,
    )
    type Told = {
      sets: ReadonlyArray<{ setName: string; state: string; events: ReadonlyArray<{ event: string; detail: string }> }>
    }
    const { sets }: Told = await worker.stash("why", "dragon")
    const published = sets.find(({ state }) => state === "published")
    expect(published?.events.map(({ event }) => event)).toEqual([
      "claimed",
      "publishing",
      "sent",
      "sent",
      "sent",
      "published",
    ])
    expect(published?.events[2]?.detail).toMatch(/^part 1, .+\.zip\.001, as message \d+$/)
    expect(sets.find(({ state }) => state === "duplicate")?.events.at(-1)?.detail).toContain("same content as")
    const logged = await worker.lines("logs", "--set", "dragon", "--event", "part.")
    expect(logged.map(({ event }) => event)).toEqual(["part.sent", "part.sent", "part.sent"])
    expect(await worker.lines("logs", "--level", "error")).toEqual([])
    expect(await worker.lines("logs", "--since", "2100-01-01T00:00:00Z")).toEqual([])
    const waiting: Told = await worker.stash("why", "Castle")
    expect(waiting.sets).toMatchObject([{ setName: "Castle.7z", state: "waiting" }])
    expect(waiting.sets[0]?.events.at(-1)?.detail).toContain("incomplete: ")
  }, 180_000)

  it("need not wait for the interval when something is posted", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return worldOf([])
    })
    worker.start()
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    await worker.post("/messages", { channel: "source", file: dragon })
    await worker.until("a package", `select 1 as ok from packages where "fileCount" > 0`)
    expect(worker.library).toHaveLength(1)
  }, 180_000)

  it("has the worker end with 75 when an account is parked, if that is wanted", async () => {
    await using worker = await RunningWorker.prepare(async () => worldOf([]))
    // Without a destination no account can work.
    await worker.query(`delete from global_settings`)
    worker.start({ STASH_ON_PARKED: "exit" })
    await worker.until("a parked account", `select 1 as ok from stash_account_states where "state" = 'parked'`)
    expect(await worker.ended()).toBe(75)
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(accounts[0]?.reason).toContain("no destination channel is set")
  }, 180_000)
})
