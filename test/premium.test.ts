import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

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
})
