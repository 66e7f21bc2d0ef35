import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const alice = "15550001001"
const bob = "15550001002"
const accounts = [{ phone: alice, firstName: "Alice", premium: false, code: "12345" }]
const library: World["channels"][number] = {
  name: LIBRARY,
  title: "Library",
  kind: "supergroup",
  members: [alice, bob],
}
const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle'`

interface Listed {
  readonly channels: ReadonlyArray<{
    readonly title: string
    readonly state: string
    readonly accounts: ReadonlyArray<{ readonly unreadable: string | null; readonly retryAt: string | null }>
  }>
}

describe("sources", () => {
  it("that an account cannot read any more are shown with the reason, wait, and do not stop the others", async () => {
    let dragon = ""
    const source = (name: string): World["channels"][number] => ({
      name,
      title: name,
      kind: "channel",
      members: [alice],
    })
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      const channels = ["thrown out", "private", "deleted", "fine"].map(source)
      return { accounts, channels: [...channels, { ...library, members: [alice] }] }
    })
    worker.start()
    await worker.until("an idle account", isIdle)
    await worker.post("/channels/thrown%20out", { members: { ban: [alice] } })
    await worker.post("/channels/private", { private: true })
    await worker.post("/channels/deleted", { deleted: true })
    await worker.call()
    await worker.until(
      "three reasons",
      `select 1 as ok from stash_source_states where "unreadable" is not null having count(*) = 3`,
    )
    await worker.post("/messages", { channel: "fine", file: dragon })
    await worker.untilSettled(1)
    expect(worker.library).toMatchObject([{ name: "Dragon.zip" }])
    const { channels }: Listed = await worker.stash("channel", "list")
    const states = channels.map(({ state, title }) => [title, state])
    expect(states).toEqual([
      ["deleted", expect.stringMatching(/^unreachable: ./)],
      ["fine", "read"],
      ["private", expect.stringMatching(/^unreachable: ./)],
      ["thrown out", expect.stringMatching(/^unreachable: ./)],
      ["Library", "destination"],
    ])
    expect(channels.filter(({ accounts }) => accounts[0]?.retryAt !== null)).toHaveLength(3)

    await worker.post("/channels/private", { private: false })
    await worker.stash("channel", "enable", "private")
    await worker.until(
      "one reason less",
      `select 1 as ok from stash_source_states where "unreadable" is not null having count(*) = 2`,
    )
    expect(worker.log.filter(({ event }) => event === "source.unreadable")).toHaveLength(3)
  }, 120_000)

  it("with protected content are passed over, and say so", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      const castle = await makeArchive(folder, "Castle.zip", 300 * KIBIBYTE)
      return {
        accounts,
        channels: [
          {
            name: "guarded",
            title: "Guarded",
            kind: "channel",
            members: [alice],
            protected: true,
            messages: [{ photo: { generate: { width: 40, height: 40, seed: 1 } } }, { file: dragon }],
          },
          { name: "open", title: "Open", kind: "channel", members: [alice], messages: [{ file: castle }] },
          { ...library, members: [alice] },
        ],
      }
    })
    worker.start()
    await worker.untilSettled(2)
    expect(worker.library).toMatchObject([{ name: "Castle.zip" }])
    const { skipped }: { skipped: unknown } = await worker.stash("skipped", "list")
    expect(skipped).toMatchObject([
      { fileName: "Dragon.zip", errorMessage: "protected content: Telegram does not let it be saved" },
    ])
    const { chats }: { chats: ReadonlyArray<{ title: string; isProtected: boolean }> } = await worker.stash(
      ...["channel", "chats"],
    )
    expect(chats.filter(({ isProtected }) => isProtected).map(({ title }) => title)).toEqual(["Guarded"])
    const fetched = worker.sandbox.counters().accounts[alice]?.["upload.getFile"]?.bytesOut ?? 0
    expect(fetched).toBeLessThan(400 * KIBIBYTE)
  }, 120_000)

  it("that two accounts read are downloaded by both, each archive once", async () => {
    const sets = 30
    const bytes = 400 * KIBIBYTE
    await using worker = await RunningWorker.prepare(async (folder) => {
      const files = []
      for (let n = 0; n < sets; n++) files.push({ file: await makeArchive(folder, `${n}.zip`, bytes) })
      return {
        accounts: [...accounts, { phone: bob, firstName: "Bob", premium: false, code: "12345" }].map((account) => ({
          ...account,
          speed: { down: 2 * 1024 * KIBIBYTE },
        })),
        channels: [
          { name: "source", title: "Source", kind: "channel", members: [alice, bob], messages: files },
          library,
        ],
      }
    })
    // Both are at work before there is anything to do.
    await worker.query(`update telegram_channels set "isActive" = false where "type" = 'SOURCE'`)
    worker.start()
    await worker.until("two idle accounts", `${isIdle} having count(*) = 2`)
    await worker.stash("channel", "enable", "Source")
    await worker.untilSettled(sets)
    const counters = worker.sandbox.counters().accounts
    const downloaded = [alice, bob].map((phone) => counters[phone]?.["upload.getFile"]?.bytesOut ?? 0)
    const total =
      worker.sandbox.state().channels[0]?.messages.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0) ?? 0
    const factor = downloaded.reduce((sum, one) => sum + one, 0) / total
    const shares = await worker.query(
      `select count(*)::int as sets from stash_claims where "state" = 'published' group by "accountId" order by 1`,
    )
    expect(worker.library).toHaveLength(sets)
    expect(factor).toBeLessThan(1.01)
    expect(shares).toHaveLength(2)
    expect(Number(shares[0]?.["sets"])).toBeGreaterThanOrEqual(sets / 5)
  }, 180_000)
})
