import { describe, expect, it } from "vitest"
import type { Status } from "../src/cli/status-look.ts"
import { makeArchive } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const MEBIBYTE = 1024 * 1024
const BYTES = 20 * MEBIBYTE
const phone = "15550001001"

const worldOf = (file: string) => oneSource(phone, [{ file }])

interface Examined {
  readonly ok: boolean
  readonly checks: ReadonlyArray<{ readonly name: string; readonly seen: string }>
  readonly findings: ReadonlyArray<{ readonly severity: string; readonly what: string }>
}

describe("an operator who looks at a running worker", () => {
  it("sees transfers as far as the sandbox has let them come, and what became of them", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf(await makeArchive(folder, "Dragon.zip", BYTES)),
    )
    const status = (): Promise<Status> => worker.stash("status")
    const served = () => worker.sandbox.counters().accounts[phone]?.["upload.getFile"]?.bytesOut ?? 0
    expect(await status()).toMatchObject({ workers: 0, accounts: [{ state: "not run yet", run: null }] })

    // So slow that a download is looked at in its middle, however long the look takes.
    const slow = { method: "upload.getFile", nth: 3, times: "always", effect: { delay: 8000 } } as const
    const { id } = worker.sandbox.faults.add(slow)
    worker.start()
    await worker.until("a download", `select 1 as ok from ingestion_runs where "downloadedBytes" > 0`)
    const during = await status()
    expect(during.workers).toBe(1)
    expect(during.accounts).toMatchObject([{ state: "ingesting", run: { step: "downloading", file: "Dragon.zip" } }])
    const run = during.accounts[0]?.run
    expect(run?.doneBytes).toBeGreaterThan(0)
    expect(run?.doneBytes).toBeLessThanOrEqual(served())
    expect(run?.totalBytes).toBeGreaterThan(BYTES)

    const examined: Examined = await worker.stash("doctor")
    expect(examined.findings.filter(({ severity }) => severity === "fault")).toEqual([])
    expect(examined.checks).toContainEqual({ name: "one worker", seen: "1 accounts are open" })
    expect(examined.checks.find(({ name }) => name === "destination")?.seen).toContain("1 of 1 accounts were asked")

    worker.sandbox.faults.remove(id)
    await worker.untilSettled(1)
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    const after = await status()
    const bytes = worker.sandbox
      .state()
      .channels.find(({ name }) => name === LIBRARY)
      ?.messages.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0)
    expect(after).toMatchObject({ library: { packages: 1, bytes, missing: 0 }, accounts: [{ run: null }] })
    const printed = await worker.print("status")
    expect(printed).toContain("the worker is running")
    expect(printed).toMatch(/^Alice {2}155\*\*\*01 {2}idle/m)
  }, 180_000)

  it("is told by stash doctor, with exit code 1, that the account may not post any more", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf(await makeArchive(folder, "Dragon.zip", 1000)),
    )
    worker.start()
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    await worker.post(`/channels/${LIBRARY}`, { demote: [phone] })
    const { code, said } = await worker.typing([], "doctor")
    expect(said).toContain("Alice may not post in Library")
    expect(code).toBe(1)
  }, 180_000)
})
