import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

const worldOf = (files: ReadonlyArray<string>) =>
  oneSource(
    phone,
    files.map((file) => ({ file })),
  )

describe("stash verify", () => {
  it("tells whether the destination holds what was published, and its very bytes", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([
        await makeArchive(folder, "Castle.zip", 300 * KIBIBYTE),
        await makeArchive(folder, "Dragon.zip", 2500 * KIBIBYTE),
      ]),
    )
    const verify = async (...flags: ReadonlyArray<string>) => {
      const { code, said } = await worker.typing([], "verify", ...flags, "--json")
      return { code, verdict: JSON.parse(said.slice(0, said.lastIndexOf("}") + 1)) as Record<string, unknown> }
    }
    const asleep = await worker.typing([], "verify")
    expect(asleep).toMatchObject({ code: 0, said: expect.stringContaining("Looked for 0 packages") })
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.untilSettled(2)
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(await verify("--digest")).toMatchObject({
      code: 0,
      verdict: { ok: true, looked: 2, digested: 2, tooLarge: 0, wrong: [], unseen: [] },
    })

    const [first] = worker.library
    const isDragon = first?.name.startsWith("Dragon") === true
    worker.sandbox.faults.add({ method: "upload.getFile", times: "always", effect: { wrongBytes: {} } })
    expect((await verify("--digest", "--digest-up-to-mb", "1")).verdict).toMatchObject({
      ok: false,
      digested: 1,
      tooLarge: 1,
      wrong: [{ fileName: "Castle.zip", problem: expect.stringContaining("Telegram serves other bytes") }],
    })
    await worker.post("/messages/delete", { channel: LIBRARY, messages: [first?.id] })
    const gone = await verify()
    expect(gone).toMatchObject({
      code: 1,
      verdict: {
        wrong: [
          {
            fileName: isDragon ? "Dragon.zip" : "Castle.zip",
            problem: expect.stringContaining(
              isDragon ? "1 of its 3 messages are gone" : "1 of its 1 messages are gone",
            ),
          },
        ],
      },
    })

    expect(await worker.stop()).toBe(0)
    expect(await worker.typing([], "verify")).toMatchObject({ code: 1, said: expect.stringContaining("stash run") })
  }, 180_000)
})
