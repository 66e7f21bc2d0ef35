import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const ACCOUNTS = 6
const ARCHIVES = 18
const KIBIBYTE = 1024

const phones = Array.from({ length: ACCOUNTS }, (_, account) => String(15_550_001_001 + account))

describe("many accounts in one worker", () => {
  it("bring each archive of a source that all read home once, while the worker answers", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => ({
      accounts: phones.map((phone, account) => ({ phone, firstName: `Account ${account + 1}`, code: "12345" })),
      speed: { free: { up: 200 * KIBIBYTE, down: 200 * KIBIBYTE } },
      channels: [
        {
          name: "source",
          title: "Source",
          kind: "channel",
          members: phones,
          messages: await Promise.all(
            Array.from({ length: ARCHIVES }, async (_, index) => ({
              file: await makeArchive(folder, `Archive ${index + 1}.zip`, 200 * KIBIBYTE),
            })),
          ),
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: phones, admins: phones, messages: [] },
      ],
    }))
    worker.start()
    await worker.until("a first package", "select 1 as ok from packages")
    const status: { readonly accounts: ReadonlyArray<unknown> } = await worker.stash("status")
    expect(status.accounts).toHaveLength(ACCOUNTS)
    await worker.untilSettled(ARCHIVES)
    expect(worker.library).toHaveLength(ARCHIVES)
    expect(new Set(worker.library.map(({ sha256 }) => sha256)).size).toBe(ARCHIVES)
    expect(await worker.query("select count(*)::int as packages from packages")).toEqual([{ packages: ARCHIVES }])
  }, 180_000)
})
