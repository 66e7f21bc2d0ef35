import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex")

type Channel = World["channels"][number]
const worldOf = (...sources: ReadonlyArray<Pick<Channel, "name" | "messages">>): World => ({
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    ...sources.map((source) => ({ ...source, title: source.name, kind: "channel" as const, members: [phone] })),
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
  ],
})

describe("a library", () => {
  it("has a file that was forwarded to another channel once, and it was downloaded once", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 600 * KIBIBYTE)
      return worldOf(
        { name: "first", messages: [{ file: dragon, label: "dragon" }] },
        { name: "second", messages: [{ forward: { channel: "first", message: "dragon" } }] },
      )
    })
    worker.start()
    await worker.untilSettled(2)
    expect(worker.library.map((message) => message.sha256)).toEqual([sha256(dragon)])
    const { calls = 0, bytesOut = 0 } = worker.sandbox.counters().accounts[phone]?.["upload.getFile"] ?? {}
    expect(calls).toBeGreaterThan(0)
    expect(bytesOut).toBeLessThan(1000 * KIBIBYTE)

    const shown: { places: ReadonlyArray<{ channelTitle: string; state: string }> } = await worker.stash(
      "package",
      "show",
      sha256(dragon).slice(0, 12),
    )
    expect(shown.places.map(({ state }) => state).sort()).toEqual(["duplicate", "published"])
    expect(shown.places.map(({ channelTitle }) => channelTitle).sort()).toEqual(["first", "second"])
  }, 120_000)

  it("gets the new file too when somebody replaces the file of a message", async () => {
    let files: ReadonlyArray<string> = []
    await using worker = await RunningWorker.prepare(async (folder) => {
      const [before, after] = [
        await makeArchive(folder, "Knight.zip", 300 * KIBIBYTE),
        await makeArchive(folder, "Knight-v2.zip", 300 * KIBIBYTE),
      ]
      files = [before, after]
      return worldOf({ name: "source", messages: [{ file: before, label: "knight" }, { text: "the end" }] })
    })
    worker.start()
    await worker.untilSettled(1)
    await worker.until("a mark", `select 1 as ok from account_channel_map where "lastProcessedMessageId" is not null`)
    await worker.post("/messages/edit", {
      channel: "source",
      message: "knight",
      file: files[1],
      name: "Knight.zip",
      caption: "now with a sword",
    })
    await worker.until(
      "the mark to be set back",
      `select 1 as ok from account_channel_map m join stash_claims c on c."sourceChannelId" = m."channelId"
       where m."lastProcessedMessageId" < c."firstMessageId"`,
    )
    await worker.call()
    await worker.until("two packages", `select 1 as ok from packages where "fileCount" > 0 having count(*) = 2`)
    expect(worker.library.map((message) => message.sha256)).toEqual(files.map(sha256))
  }, 120_000)

  it("does not wait for ever for a set whose messages were deleted in the source", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, "-v400k")
      return worldOf({ name: "source", messages: [{ file: `${castle}.001`, label: "volume" }, { text: "more soon" }] })
    })
    worker.start()
    await worker.until("a waiting set", `select 1 as ok from stash_claims where "state" = 'waiting'`)
    await worker.post("/messages/delete", { channel: "source", messages: ["volume"] })
    await worker.call()
    const skipped = await worker.until(
      "a skipped set",
      `select "errorMessage" from skipped_packages where "fileName" = 'Castle.7z'`,
    )
    expect(skipped["errorMessage"]).toContain("not in the source any more")
    expect(worker.library).toEqual([])
  }, 120_000)

  it("joins a volume that comes after its set was given up", async () => {
    let castle = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, "-v400k")
      const posted = Math.floor(Date.now() / 1000) - 5 * 3600
      return worldOf({
        name: "source",
        messages: [1, 2].map((volume) => ({ file: `${castle}.00${volume}`, date: posted })),
      })
    })
    worker.start({ MULTIPART_TIMEOUT_HOURS: "2" })
    await worker.untilSettled(1)
    expect(await worker.stash("skipped", "list")).toMatchObject({ skipped: [{ fileName: "Castle.7z" }] })
    await worker.until("a mark", `select 1 as ok from account_channel_map where "lastProcessedMessageId" is not null`)
    await worker.post("/messages", { channel: "source", file: `${castle}.003` })
    await worker.call()
    await worker.until("a package", `select 1 as ok from packages where "fileCount" > 0`)
    const volumes = [1, 2, 3].map((volume) => `${castle}.00${volume}`)
    expect(worker.library.map((message) => message.sha256)).toEqual(volumes.map(sha256))
  }, 120_000)

  it("is as exact without caption tags, and with every upload compared to the byte", async () => {
    let titan = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      titan = await makeArchive(folder, "Titan.zip", 2500 * KIBIBYTE)
      return worldOf({ name: "source", messages: [{ file: titan }, { file: titan, name: "Titan (again).zip" }] })
    })
    worker.start({ MAX_PART_SIZE_MB: "1", STASH_CAPTION_TAG: "off", STASH_VERIFY_UPLOADS: "digest" })
    await worker.untilSettled(2)
    expect(worker.library).toHaveLength(3)
    const captions = worker.sandbox
      .state()
      .channels.at(-1)
      ?.messages.map(({ text }) => text)
    expect(captions).toEqual(["", "", ""])
    expect(await worker.query(`select "contentHash" from packages`)).toEqual([{ contentHash: sha256(titan) }])
    expect(worker.log.filter(({ event }) => event === "part.proven")).toHaveLength(3)
  }, 120_000)

  it("notices a message that is gone from the destination, and publishes its package again when told to", async () => {
    let titan = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      titan = await makeArchive(folder, "Titan.zip", 2500 * KIBIBYTE)
      return worldOf({ name: "source", messages: [{ file: titan }] })
    })
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.until("a package", `select 1 as ok from packages where "fileCount" > 0`)
    const before = worker.library
    expect(before).toHaveLength(3)
    await worker.post("/messages/delete", { channel: LIBRARY, messages: [before[1]?.id] })
    // Packages are looked at again a day after they were published.
    await worker.query(`update stash_package_checks set "checkedAt" = "checkedAt" - interval '2 days'`)
    await worker.call()
    await worker.until("a missing package", `select 1 as ok from stash_package_checks where "missingSince" is not null`)
    const { missing }: { missing: ReadonlyArray<{ id: string; problem: string }> } = await worker.stash(
      "package",
      "missing",
    )
    expect(missing.map(({ problem }) => problem)).toEqual([
      `1 of its 3 messages are gone: ${(before[1]?.id ?? 0) * 2 ** 20}`,
    ])
    expect(await worker.query(`select "type" from system_notifications`)).toMatchObject([{ type: "MISSING_PART" }])

    expect(await worker.stash("package", "republish", "--missing")).toMatchObject({ dryRun: true })
    expect(await worker.query(`select 1 from stash_package_checks where "missingSince" is not null`)).toHaveLength(1)
    await worker.stash("package", "republish", "--missing", "--yes")
    await worker.until("messages", `select 1 as ok from packages where cardinality("destMessageIds") = 3`)
    await worker.until("no leftovers", `select 1 as ok from stash_leftovers having count(*) = 0`)
    expect(worker.library.map(({ name }) => name)).toEqual(["Titan.zip.001", "Titan.zip.002", "Titan.zip.003"])
    expect(Math.min(...worker.library.map(({ id }) => id))).toBeGreaterThan(before[2]?.id ?? 0)
    expect(await worker.query(`select "contentHash" from packages`)).toEqual([{ contentHash: sha256(titan) }])
  }, 120_000)

  it("takes a set that was skipped when it is told to try again", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 1500 * KIBIBYTE)
      return worldOf({ name: "source", messages: [{ file: dragon }] })
    })
    worker.start({ WORKER_MAX_ZIP_SIZE_MB: "1" })
    await worker.untilSettled(1)
    expect(await worker.stop()).toBe(0)
    const { skipped }: { skipped: ReadonlyArray<{ id: string }> } = await worker.stash("skipped", "list")
    expect(skipped).toMatchObject([{ fileName: "Dragon.zip", reason: "SIZE_LIMIT" }])
    const retry = ["skipped", "retry", "--reason", "SIZE_LIMIT"]
    expect(await worker.stash(...retry, "--dry-run")).toMatchObject({ retried: [{ fileName: "Dragon.zip" }] })
    expect(await worker.stash("skipped", "list")).toEqual({ skipped })
    await worker.stash(...retry)
    worker.start()
    await worker.until("a package", `select 1 as ok from packages where "fileCount" > 0`)
    expect(worker.library.map((message) => message.sha256)).toEqual([sha256(dragon)])
    expect(await worker.stash("skipped", "list")).toEqual({ skipped: [] })
  }, 120_000)
})
