import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"

const worldOf = (files: ReadonlyArray<{ file: string; name?: string }>, more: Partial<World> = {}): World => ({
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [phone], messages: files },
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
  ],
  ...more,
})

interface Listed {
  readonly accounts: ReadonlyArray<{
    readonly reason: string
    readonly waits: ReadonlyArray<{ kind: string; cause: string; until: string; count: number }>
  }>
}

const flood = (method: string, seconds: number, times: number | "always" = 1) => ({
  method,
  times,
  effect: { error: { code: 420, text: `FLOOD_WAIT_${seconds}` } },
})

const hasWait = (kind: string, cause = "flood") =>
  `select 1 as ok from stash_waits where "kind" = '${kind}' and "cause" = '${cause}'`

const prepare = (sets: number, more: Partial<World> = {}, bytes = 300_000) =>
  RunningWorker.prepare(async (folder) => {
    const names = Array.from({ length: sets }, (_, index) => `Dragon ${index}.zip`)
    return worldOf(
      await Promise.all(names.map(async (name) => ({ file: await makeArchive(folder, name, bytes) }))),
      more,
    )
  })

describe("a wait that Telegram asks for", () => {
  it("stops all downloads of the account, as its state says, costs no try, and is over by itself", async () => {
    await using worker = await prepare(3)
    // Always, because a download that had begun before the first refusal could end meanwhile.
    await worker.post("/faults", flood("upload.getFile", 61, "always"))
    worker.start()
    await worker.until("a wait", hasWait("downloads"))
    await worker.until(
      "three sets put off",
      `select 1 as ok from stash_claims where "state" = 'deferred' having count(*) = 3`,
    )
    worker.sandbox.faults.clear()
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(accounts[0]?.reason).toMatch(/waiting for Telegram: downloads until 20/)
    const claims = await worker.query(`select "reason", "attempts" from stash_claims`)
    for (const { attempts, reason } of claims)
      expect([reason, attempts]).toEqual([expect.stringMatching(/retry after/), 0])
    const asked = () => worker.sandbox.log.read({ method: "upload.getFile" }).length
    const before = asked()
    await worker.call()
    await worker.until(
      "the wait is nearly over",
      `select 1 as ok from stash_waits where "until" < now() + interval '15 seconds'`,
    )
    expect(asked()).toBe(before)
    await worker.untilSettled(3)
    expect(worker.library).toHaveLength(3)
  }, 180_000)

  it("of a minute at most is sat out by TDLib, and shown all the same", async () => {
    await using worker = await prepare(1)
    await worker.post("/faults", flood("messages.search", 3))
    worker.start()
    await worker.untilSettled(1)
    await worker.until("a wait", hasWait("searches"))
    expect(worker.log.filter(({ event }) => event === "telegram.wait")).toMatchObject([
      { level: "warn", kind: "searches" },
    ])
    expect(worker.log.filter(({ event }) => event === "account.restart")).toEqual([])
  }, 120_000)

  it("of the whole account is a state, not a failure, and outlives a restart without another call", async () => {
    await using worker = await prepare(1)
    await worker.post("/faults", flood("messages.getDialogs", 4000, "always"))
    worker.start()
    const isWaiting = `select 1 as ok from stash_account_states where "reason" like 'waiting for Telegram until%'`
    await worker.until("a wait", hasWait("chats"))
    await worker.until("a waiting account", isWaiting)
    const asked = () => worker.sandbox.log.read({ method: "messages.getDialogs" }).length
    const before = asked()
    await worker.stop()
    await worker.query(`update stash_account_states set "reason" = ''`)
    worker.start()
    await worker.until("a waiting account", isWaiting)
    // TDLib asks once by itself when it starts.
    expect(asked()).toBeLessThanOrEqual(before + 1)
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(accounts[0]?.waits).toMatchObject([{ kind: "chats", cause: "flood" }])
    expect(worker.log.filter(({ event }) => event === "account.restart")).toEqual([])
  }, 120_000)
})

describe("a transfer that Telegram slows down", () => {
  it("is shown with its beginning and goes on", async () => {
    await using worker = await prepare(2, { speed: { free: { down: 100_000 } } }, 900_000)
    worker.start()
    await worker.until("a slowed download", hasWait("downloads", "throttled"))
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(accounts[0]?.reason).toMatch(/throttled by Telegram, downloads, since 20/)
    await worker.untilSettled(2)
    expect(worker.log.filter(({ event }) => event === "telegram.throttled")).toMatchObject([{ level: "warn" }])
  }, 120_000)
})

const alice = phone
const bob = "15550001002"
const carl = "15550001003"

const named = (name: string, members: ReadonlyArray<string>, files: ReadonlyArray<{ file: string }> = []) => ({
  name,
  title: name,
  kind: "channel" as const,
  members: [...members],
  messages: [...files],
})

describe("waits of every kind", () => {
  it("that are short cost a set nothing, are shown, and end by themselves", async () => {
    await using worker = await prepare(1)
    const once = (method: string, code: number, text: string) =>
      worker.post("/faults", { method, effect: { error: { code, text } } })
    await once("messages.search", 429, "Too Many Requests: retry after 2")
    await once("upload.getFile", 420, "FLOOD_WAIT_2")
    await once("upload.getFile", 420, "FLOOD_PREMIUM_WAIT_2")
    await once("upload.saveFilePart", 420, "FLOOD_WAIT_2")
    await once("upload.saveFilePart", 420, "FLOOD_PREMIUM_WAIT_2")
    await once("messages.sendMedia", 420, "FLOOD_WAIT_2")
    worker.start()
    await worker.untilSettled(1)
    for (const kind of ["searches", "downloads", "uploads"]) await worker.until(kind, hasWait(kind))
    for (const kind of ["downloads", "uploads"]) await worker.until(kind, hasWait(kind, "throttled"))
    const [claim] = await worker.query(`select "state", "attempts" from stash_claims`)
    expect(claim).toEqual({ state: "published", attempts: 1 })
    expect(worker.log.filter(({ event }) => event === "account.restart" || event === "set.deferred")).toEqual([])
    expect(worker.library).toHaveLength(1)
  }, 120_000)

  it("that are long put off what needs them, of a part, a send and a search alike, and it goes on after them", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const accounts = [alice, bob, carl]
      const sources = []
      for (const account of accounts) {
        const file = await makeArchive(folder, `${account}.zip`, 300_000)
        sources.push(named(account, [account], [{ file }]))
      }
      return {
        accounts: accounts.map((account) => ({ phone: account, firstName: account, code: "12345" })),
        channels: [...sources, { ...named(LIBRARY, accounts), title: "Library", admins: accounts }],
      }
    })
    const methods = { [alice]: "upload.saveFilePart", [bob]: "messages.sendMedia", [carl]: "messages.search" }
    for (const [account, method] of Object.entries(methods))
      await worker.post("/faults", { ...flood(method, 61), account })
    worker.start()
    for (const kind of ["uploads", "searches"]) await worker.until(`a wait of ${kind}`, hasWait(kind))
    const { accounts }: Listed = await worker.stash("account", "list")
    expect(
      accounts.filter(({ reason }) => /waiting for Telegram: (uploads|searches) until 20/.test(reason)),
    ).not.toEqual([])
    await worker.until(
      "three waits",
      `select 1 as ok from stash_waits where "cause" = 'flood' having count(distinct "accountId") = 3`,
    )
    for (let round = 0; round < 3 && worker.library.length < 3; round++)
      await worker.untilSettled(3).catch((error) => (round === 2 ? Promise.reject(error) : undefined))
    expect(worker.library.map(({ name }) => name).sort()).toEqual([alice, bob, carl].map((name) => `${name}.zip`))
    expect(worker.log.filter(({ event }) => event === "account.restart" || event === "account.parked")).toEqual([])
    const attempts = await worker.query(`select max("attempts")::int as most from stash_claims`)
    expect(attempts).toEqual([{ most: 1 }])
  }, 240_000)

  it("of joins are told to whoever asked, and no other join is tried before", async () => {
    await using worker = await RunningWorker.prepare(async () => ({
      accounts: [{ phone: alice, firstName: "Alice", code: "12345" }],
      channels: [
        { ...named("open", []), username: "open_minis" },
        { ...named("other", []), username: "other_minis" },
        { ...named(LIBRARY, [alice]), title: "Library", admins: [alice] },
      ],
    }))
    worker.start()
    await worker.until("an idle account", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    await worker.post("/faults", flood("channels.joinChannel", 4000))
    const refused = await worker.typing([], "channel", "join", "@open_minis", "--account", "Alice")
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining("retry after 4000") })
    const again = await worker.typing([], "channel", "join", "@other_minis", "--account", "Alice")
    expect(again).toMatchObject({ code: 1, said: expect.stringMatching(/retry after [34]\d\d\d/) })
    expect(worker.sandbox.log.read({ method: "channels.joinChannel" })).toHaveLength(1)
    await worker.until("a wait", hasWait("joins"))
  }, 120_000)
})
