import { existsSync } from "node:fs"
import { rename } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const ALICE = "15550001001"
const BOB = "15550001002"

const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle'`

/** A worker whose accounts are logged in and at rest. */
const start = async () => {
  const phones = [ALICE, BOB]
  const worker = await RunningWorker.prepare(async () => ({
    accounts: phones.map((phone) => ({ phone, firstName: phone === ALICE ? "Alice" : "Bob", code: "12345" })),
    channels: [{ name: LIBRARY, title: "Library", kind: "channel", members: phones, admins: phones, messages: [] }],
  }))
  worker.start()
  await worker.until("two idle accounts", `${isIdle} having count(*) = 2`)
  return worker
}

const sessionsOf = (worker: RunningWorker, phone: string): number =>
  worker.sandbox.state().accounts.find((account) => account.phone === phone)?.sessions ?? 0

const folderOf = async (worker: RunningWorker, phone: string): Promise<string> => {
  const [row] = await worker.query(`select "id" from telegram_accounts where "phone" = '${phone}'`)
  return join(worker.folder, "data", "tdlib", String(row?.["id"]))
}

const isThere = async (worker: RunningWorker, phone: string): Promise<boolean> =>
  (await worker.query(`select 1 from telegram_accounts where "phone" = '${phone}'`)).length > 0

describe("an account that is removed", () => {
  it("is logged out at Telegram, beside a worker that runs the others and without one; told first", async () => {
    await using worker = await start()
    const folder = await folderOf(worker, ALICE)
    const told = await worker.typing([], "account", "remove", "Alice")
    expect(told.said).toContain("Its session would be ended at Telegram")
    expect(sessionsOf(worker, ALICE)).toBe(1)
    const done = await worker.typing([], "account", "remove", "Alice", "--yes")
    expect(done).toMatchObject({ code: 0, said: expect.stringContaining("Its session at Telegram was ended.") })
    expect(sessionsOf(worker, ALICE)).toBe(0)
    expect([existsSync(folder), await isThere(worker, ALICE)]).toEqual([false, false])
    expect(await worker.query(isIdle)).toHaveLength(1)

    await worker.stop()
    expect(sessionsOf(worker, BOB)).toBe(1)
    const { session } = (await worker.stash("account", "remove", "Bob", "--yes")) as { session: string }
    expect([session, sessionsOf(worker, BOB), await isThere(worker, BOB)]).toEqual(["ended", 0, false])
  }, 120_000)

  it("keeps its session when the operator says so, and itself when the session cannot be ended", async () => {
    await using worker = await start()
    const kept = await worker.typing([], "account", "remove", "Alice", "--yes", "--keep-session")
    expect(kept.said).toContain("At Telegram its session stands until you end it")
    expect([sessionsOf(worker, ALICE), await isThere(worker, ALICE)]).toEqual([1, false])

    await worker.post("/faults", { method: "auth.logOut", times: "always", effect: { silence: true } })
    const stuck = await worker.typing([], "account", "remove", "Bob", "--yes")
    expect(stuck.said).toContain("could not be ended at Telegram (TDLib did not log out within 30 s)")
    expect(stuck.said).toContain("--keep-session")
    expect([stuck.code, await isThere(worker, BOB), sessionsOf(worker, BOB)]).toEqual([1, true, 1])

    // Elsewhere, as on another machine.
    const folder = await folderOf(worker, BOB)
    await rename(folder, `${folder}.away`)
    expect((await worker.typing([], "account", "remove", "Bob", "--yes")).said).toContain(
      "run this where the worker runs",
    )
    await rename(`${folder}.away`, folder)
    // TDLib remembers that it was to log out, and goes on with it.
    worker.sandbox.faults.clear()
    const again = await worker.typing([], "account", "remove", "Bob", "--yes")
    expect(again.said).toContain("Its session at Telegram was ended.")
    expect([sessionsOf(worker, BOB), await isThere(worker, BOB)]).toEqual([0, false])
  }, 180_000)
})
