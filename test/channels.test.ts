import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const alice = "15550001001"
const bob = "15550001002"

const worldWith = (dragon: string): World => ({
  accounts: [
    { phone: alice, firstName: "Alice", code: "12345", folders: [{ title: "Minis", channels: ["open"] }] },
    { phone: bob, firstName: "Bob", code: "12345" },
  ],
  channels: [
    { name: "open", title: "Open", kind: "channel", username: "open_minis", messages: [{ file: dragon }] },
    { name: "closed", title: "Closed", kind: "channel", invites: [{ hash: "asktojoin1234567", requestNeeded: true }] },
    { name: "hidden", title: "Hidden", kind: "supergroup", invites: [{ hash: "comeinplease1234" }] },
    { name: "old", title: "Old", kind: "channel", members: [alice], archived: [alice] },
    { name: LIBRARY, title: "Library", kind: "channel", members: [bob], admins: [bob] },
  ],
})

interface Chats {
  readonly chats: ReadonlyArray<{
    readonly chatId: number
    readonly title: string
    readonly lists: ReadonlyArray<string>
    readonly known: string | null
  }>
}
interface Channels {
  readonly channels: ReadonlyArray<{ readonly title: string; readonly state: string; readonly role: string }>
}

describe("channels", () => {
  it("are found, joined, chosen and looked through anew by an operator", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldWith(await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)),
    )
    // As after the first login: nothing is chosen yet.
    for (const table of ["account_channel_map", "telegram_channels", "global_settings"])
      await worker.query(`delete from ${table}`)
    const states = async () => {
      const { channels }: Channels = await worker.stash("channel", "list")
      return Object.fromEntries(channels.map(({ state, title }) => [title, state]))
    }
    await expect(worker.stash("channel", "chats", "--account", "Alice")).rejects.toThrow("start the worker")
    worker.start()
    await worker.until(
      "parked",
      `select 1 as ok from stash_account_states where "state" = 'parked' having count(*) = 2`,
    )

    // Both are parked for want of a destination, and can be asked all the same.
    const made: { accounts: unknown; chatId: number } = await worker.stash(
      ...["channel", "destination", "--create", "My library", "--account", "Alice"],
    )
    expect(made.accounts).toEqual([
      { account: "Alice", what: "may post" },
      { account: "Bob", what: "may post" },
    ])
    await worker.until(
      "two idle",
      `select 1 as ok from stash_account_states where "state" = 'idle' having count(*) = 2`,
    )

    const requested = await worker.stash("channel", "join", "https://t.me/+asktojoin1234567", "--account", "Bob")
    expect(requested).toMatchObject({ outcome: "requested", title: "Closed", channelId: null })
    const refused = worker.stash("channel", "join", "t.me/+nosuchlink12345", "--account", "Bob")
    await expect(refused).rejects.toThrow("there is no such invite link")
    const joined = await worker.stash("channel", "join", "t.me/+comeinplease1234", "--account", "Bob", "--member-only")
    expect(joined).toMatchObject({ outcome: "joined", title: "Hidden", wasMember: false, channelId: null })
    expect(await worker.stash("channel", "join", "@open_minis", "--account", "Alice")).toMatchObject({
      outcome: "joined",
      title: "Open",
    })
    await worker.untilSettled(1)
    await worker.until("a scan", `select 1 as ok from stash_source_states where "scannedAt" is not null`)

    const { chats }: Chats = await worker.stash("channel", "chats", "--account", "Alice")
    const seen = Object.fromEntries(
      chats.map(({ known, lists, title }) => [title, { lists: [...lists].sort(), known }]),
    )
    expect(seen).toEqual({
      Open: { lists: ["Minis", "main"], known: "source" },
      Old: { lists: ["archive"], known: null },
      "My library": { lists: ["main"], known: "destination" },
    })
    const old = chats.find(({ title }) => title === "Old")
    await worker.stash("channel", "link", String(old?.chatId), "--account", "Alice")
    await worker.stash("channel", "unlink", "Old", "--account", "Alice")
    await worker.stash("channel", "category", "Open", "Minis")
    expect(await worker.query(`select "tags"[1] as tag from packages`)).toEqual([{ tag: "Minis" }])
    expect(await states()).toEqual({
      "My library": "destination",
      Old: "enabled but readable by nobody",
      Open: "read",
    })
    await worker.stash("channel", "disable", "old")
    expect(await states()).toMatchObject({ Old: "disabled" })

    const mark = `select "lastProcessedMessageId" as mark from account_channel_map where "role" = 'READER'`
    const before = await worker.query(mark)
    expect(await worker.stash("channel", "rescan", "Open")).toMatchObject({ dryRun: true, readers: ["Alice"] })
    expect(await worker.query(mark)).toEqual(before)
    await worker.stash("channel", "rescan", "Open", "--yes")
    await worker.until("the mark again", `select 1 as ok from (${mark}) m where mark = ${before[0]?.["mark"]}`)
    const published = worker.sandbox.state().channels.find(({ title }) => title === "My library")?.messages ?? []
    expect(published.flatMap(({ file }) => file?.name ?? [])).toEqual(["Dragon.zip"])
  }, 300_000)
})
