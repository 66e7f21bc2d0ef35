import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

const worldOf = (sources: ReadonlyArray<ReadonlyArray<{ file: string }>>): World => ({
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    ...sources.map((messages, index) => ({
      name: `source${index}`,
      title: `Source ${index}`,
      kind: "channel" as const,
      members: [phone],
      messages,
    })),
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
  ],
})

const stateIs = (state: string) => `select "reason", "since" from stash_account_states where "state" = '${state}'`

interface Listed {
  readonly accounts: ReadonlyArray<{ readonly state: string; readonly reason: string; readonly pausedSince: string }>
}

describe("an operator", () => {
  it("ends a running cycle: the part on its way arrives, the rest is dropped and found again", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([
        [{ file: await makeArchive(folder, "Dragon.zip", 2500 * KIBIBYTE) }],
        [{ file: await makeArchive(folder, "Castle.zip", 2500 * KIBIBYTE) }],
      ]),
    )
    const { faults } = worker.sandbox
    // One source is not read before the set of the other one is being uploaded; then its set is held in its download.
    const { id: search } = faults.add({ method: "messages.search", nth: 2, effect: { hold: "before" } })
    const { id: upload } = faults.add({ method: "upload.saveFilePart", effect: { hold: "before" } })
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.sandbox.wait({ for: "fault", id: upload })
    const { id: download } = faults.add({ method: "upload.getFile", times: "always", effect: { hold: "before" } })
    faults.release(search)
    await worker.sandbox.wait({ for: "fault", id: download })

    await worker.stash("account", "cancel", "Alice")
    await worker.until("a cycle that ends", stateIs("draining"))
    faults.release(upload)
    const idle = await worker.until("an idle account", stateIs("idle"))
    expect(idle["reason"]).toContain("the operator ended the last one")
    expect(worker.library).toHaveLength(1)
    const claims = await worker.query(`select "state", "reason", "attempts" from stash_claims`)
    const cut = { state: "deferred", reason: "the cycle was ended before its end; the next one looks at the set again" }
    expect(claims).toMatchObject([cut, cut])

    faults.release(download)
    faults.remove(download)
    await worker.stash("account", "run", "all")
    await worker.untilSettled(2)
    expect(worker.library.map(({ name }) => name).sort()).toEqual(
      ["Castle", "Dragon"].flatMap((name) => [1, 2, 3].map((part) => `${name}.zip.00${part}`)),
    )
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  it("pauses an account, which stays so over a restart, logged in, until it is resumed", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return worldOf([[]])
    })
    worker.start()
    await worker.until("an idle account", stateIs("idle"))
    await worker.stash("account", "pause", "Alice")
    const { reason } = await worker.until("a paused account", stateIs("paused"))
    expect(await worker.stop()).toBe(0)
    const stopped: Listed = await worker.stash("account", "list")
    expect(stopped.accounts).toMatchObject([{ state: "paused", pausedSince: expect.any(String) }])
    expect(reason).toContain(stopped.accounts[0]?.pausedSince)

    worker.start()
    await worker.until("a paused account that is logged in", stateIs("paused"))
    await worker.post("/messages", { channel: "source0", file: dragon })
    const { accounts } = (await worker.stash("account", "run", "Alice")) as {
      accounts: ReadonlyArray<{ what: string }>
    }
    expect(accounts[0]?.what).toContain("is paused")
    const again: Listed = await worker.stash("account", "list")
    expect(again.accounts).toMatchObject([{ state: "paused", reason }])
    expect(worker.library).toEqual([])
    await worker.stash("account", "resume", "Alice")
    await worker.untilSettled(1)
    expect(worker.library).toHaveLength(1)
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  it("has a worker go through all sources now, and starts one where none is", async () => {
    await using worker = await RunningWorker.prepare(async () => worldOf([[]]))
    const cycles = (done: number) =>
      `select 1 as ok from ingestion_runs where "status" = 'COMPLETED' having count(*) = ${done}`
    worker.start({}, "--now")
    await worker.until("a first cycle", cycles(1))
    await worker.until("an idle account", stateIs("idle"))
    expect(await worker.print("run", "--now")).toContain("A worker is running on this database")
    await worker.until("a second cycle", cycles(2))
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  it("has quiet hours, which an account may do without", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([[{ file: await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE) }]]),
    )
    const hour = (offset: number) => String((new Date().getUTCHours() + offset + 24) % 24).padStart(2, "0")
    worker.start({ STASH_QUIET_HOURS: `${hour(-2)}:00-${hour(3)}:00`, STASH_TIMEZONE: "UTC" })
    const { reason } = await worker.until("an account in its quiet hours", stateIs("quiet"))
    expect(reason).toMatch(new RegExp(`^quiet until [A-Z][a-z]{2} ${hour(3)}:00 \\(UTC\\)$`))
    expect(worker.library).toEqual([])
    await worker.stash("account", "schedule", "Alice", "--quiet-hours", "none")
    // Those that were quiet begin one after the other; who calls need not wait for that.
    await worker.until("an account that may begin", stateIs("idle"))
    await worker.stash("account", "run", "Alice")
    await worker.untilSettled(1)
    expect(worker.library).toHaveLength(1)
    await expect(worker.stash("account", "schedule", "Alice", "--quiet-hours", "9-17")).rejects.toThrow(
      '--quiet-hours: "9-17" is not of the form',
    )
    expect(await worker.stop()).toBe(0)
  }, 180_000)
})
