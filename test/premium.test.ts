import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const MEBIBYTE = 1024 * 1024

const phone = "15550001001"
const isPremium = (worker: RunningWorker, premium: boolean) =>
  worker.until(`premium: ${premium}`, `select 1 as ok from telegram_accounts where "isPremium" = ${premium}`)

const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle'`

describe("Premium", () => {
  it("is stored as it comes and goes, and a part that the server finds too large is sent again, not given up", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => ({
      accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
      channels: [
        {
          name: "source",
          title: "Source",
          kind: "channel",
          members: [phone],
          messages: [{ file: await makeArchive(folder, "Dragon.zip", 300_000) }],
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
      ],
    }))
    const effect = { error: { code: 400, text: "FILE_PARTS_INVALID" } }
    await worker.post("/faults", { method: "messages.sendMedia", effect })
    worker.start()
    await worker.untilSettled(1)
    expect(worker.library.map(({ name }) => name)).toEqual(["Dragon.zip"])
    expect(worker.log.filter(({ event }) => event === "premium.refused")).toHaveLength(1)
    const [claim] = await worker.query(`select "state", "reason" from stash_claims`)
    expect(claim).toMatchObject({ state: "published" })
    await worker.until("an idle account", isIdle)
    await isPremium(worker, true)
    await worker.post(`/accounts/${phone}`, { premium: false })
    await isPremium(worker, false)
    await worker.post(`/accounts/${phone}`, { premium: true })
    await isPremium(worker, true)
    expect(worker.log.filter(({ event }) => event === "premium.changed").map(({ isPremium }) => isPremium)).toEqual([
      false,
      true,
    ])
  }, 120_000)

  // Two gibibytes and more that are downloaded, refused, and sent in two parts: minutes, so only with npm run test:long.
  it.runIf(process.env["STASH_LONG_TESTS"] === "1")(
    "that ends while a part of more than 4,000 pieces is on its way has the set split for free accounts",
    async () => {
      await using worker = await RunningWorker.prepare(async () => ({
        accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
        channels: [
          {
            name: "source",
            title: "Source",
            kind: "channel",
            members: [phone],
            messages: [{ generate: { bytes: 2050 * MEBIBYTE, seed: "big" }, name: "Big.stl" }],
          },
          { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
        ],
      }))
      worker.start()
      const has = async (query: string) => (await worker.query(query)).length > 0
      expect(await until(300_000, () => has(`select 1 from stash_publications`))).toBe(true)
      await worker.post(`/accounts/${phone}`, { premium: false })
      expect(await until(600_000, () => has(`select 1 from stash_claims where "state" = 'published'`))).toBe(true)
      expect(worker.library.map(({ name }) => name)).toEqual(["Big.stl.001", "Big.stl.002"])
      const refused = worker.log.filter(({ event }) => event === "set.deferred").map(({ reason }) => reason)
      expect(refused).toEqual([expect.stringContaining("FILE_PARTS_INVALID")])
      const packages = await worker.query(`select "partCount" as parts, "fileSize"::float8 as bytes from packages`)
      expect(packages).toEqual([{ parts: 2, bytes: 2050 * MEBIBYTE }])
    },
    1_000_000,
  )
})
