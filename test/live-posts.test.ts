import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const KIBIBYTE = 1024

type WorldMessages = NonNullable<World["channels"][number]["messages"]>

const channel = (name: string, messages: WorldMessages): World["channels"][number] => ({
  name,
  title: name,
  kind: "channel",
  members: [phone],
  messages,
})

/** A worker whose first two sources hold so many archives, and the third one none; no byte of any archive arrives. */
const prepare = async (archives: number) => {
  const worker = await RunningWorker.prepare(async (folder) => {
    const files: Array<{ file: string }> = []
    for (let n = 0; n < archives; n++) files.push({ file: await makeArchive(folder, `Long ${n}.zip`, 100 * KIBIBYTE) })
    const half = Math.ceil(archives / 2)
    const sources = [channel("one", files.slice(0, half)), channel("two", files.slice(half)), channel("three", [])]
    return {
      accounts: [{ phone, firstName: "Alice", code: "12345" }],
      channels: [...sources, { ...channel(LIBRARY, []), admins: [phone] }],
    }
  })
  await worker.post("/faults", { method: "upload.getFile", times: "always", effect: { hold: "before" } })
  return worker
}

const post = async (worker: RunningWorker, source: string, name: string, ...options: ReadonlyArray<string>) => {
  const path = await makeArchive(join(worker.folder, "posted"), name, 300 * KIBIBYTE, ...options)
  const volumes = options.length === 0 ? [path] : [1, 2, 3].map((number) => `${path}.00${number}`)
  for (const file of volumes) await worker.post("/messages", { channel: source, file })
}

const isBegun = (name: string, count = 1) =>
  `select 1 as ok from stash_claims where "setName" like '${name}' and "state" = 'claimed' having count(*) = ${count}`

const endedRuns = `select 1 from ingestion_runs where "status" <> 'RUNNING'`

describe("what is posted while the account works", () => {
  it("is begun beside a download that lasts, in the same source, in another one, and in several volumes", async () => {
    await using worker = await prepare(2)
    worker.start()
    await worker.until("a download that lasts", isBegun("Long%"))
    await post(worker, "one", "Same.zip")
    await worker.until("the post in the same source", isBegun("Same.zip"))
    await post(worker, "three", "Parts.7z", "-v130k")
    await worker.until("the post in volumes", isBegun("Parts.7z"))
    expect(await worker.query(endedRuns)).toEqual([])
    worker.sandbox.faults.clear()
    await worker.untilSettled(4)
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(worker.library.map(({ name }) => name).sort()).toEqual(
      ["Long 0.zip", "Long 1.zip", "Parts.7z.001", "Parts.7z.002", "Parts.7z.003", "Same.zip"].sort(),
    )
    expect(worker.log.filter(({ event }) => event === "post.queued")).toEqual([])
  }, 120_000)

  it("stands first in line, and the log says so, when all places of the account are taken", async () => {
    await using worker = await prepare(6)
    worker.start()
    await worker.until("a download that lasts", isBegun("Long%"))
    for (let n = 1; n <= 9; n++) await post(worker, "three", `Post ${n}.zip`)
    await worker.until("ten sets under way", isBegun("%", 10))
    await post(worker, "three", "Queued.zip")
    for (let waited = 0; !worker.log.some(({ event }) => event === "post.queued"); waited++) {
      if (waited > 600) throw new Error("it was not queued within a minute")
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(worker.log.find(({ event }) => event === "post.queued")).toMatchObject({ set: "Queued.zip" })
    worker.sandbox.faults.clear()
    await worker.untilSettled(16)
    expect(worker.library).toHaveLength(16)
    // Five have waited for longer.
    const later = await worker.query(`select 1 from stash_claims where "firstSeenAt" >
      (select "firstSeenAt" from stash_claims where "setName" = 'Queued.zip')`)
    expect(later).toHaveLength(5)
  }, 120_000)
})
