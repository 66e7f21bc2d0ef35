import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { type OldRar, oldRar } from "./old-rar.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const SERVER_ID = 2 ** 20

const worldOf = (library: OldRar, messages: ReadonlyArray<string>): World => ({
  accounts: [{ phone, firstName: "Alice", code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel",
      members: [phone],
      messages: messages.map((file) => ({ file })),
    },
    {
      name: LIBRARY,
      kind: "channel",
      members: [phone],
      admins: [phone],
      // In the order in which the former worker took the volumes.
      messages: [library.r00, library.r01, library.rar].map((file) => ({ file })),
    },
  ],
})

const idOf = (worker: RunningWorker, channel: string, name: string): number => {
  const messages = worker.sandbox.state().channels.find((one) => one.name === channel)?.messages ?? []
  return (messages.find(({ file }) => file?.name === name)?.id ?? 0) * SERVER_ID
}

/** The row that the former worker left of the set; its digest, and the volume that it thought the first. */
const publishedBefore = async (worker: RunningWorker, set: OldRar, fileCount: number) => {
  const volumes = await Promise.all([set.r00, set.r01, set.rar].map((path) => readFile(path)))
  const content = Buffer.concat(volumes)
  const contentHash = createHash("sha256").update(content).digest("hex")
  const ids = ["Dragon.r00", "Dragon.r01", "Dragon.rar"].map((name) => idOf(worker, LIBRARY, name))
  await worker.query(`
    insert into packages ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
      "destChannelId", "destMessageId", "destMessageIds", "isMultipart", "partCount", "fileCount", "tags")
    select 'old', '${contentHash}', 'Dragon.r00', ${content.length}, 'RAR', s."id", ${idOf(worker, "source", "Dragon.r00")}, d."id",
           ${ids[0]}, array[${ids}]::bigint[], true, 3, ${fileCount}, '{}'
    from telegram_channels s, telegram_channels d where s."title" = 'Source' and d."title" = '${LIBRARY}'`)
  return contentHash
}

const claims = `select "state", "contentHash", "setName" from stash_claims`
const packages = `select "id", "fileName", "fileCount", (select max(f."fileName") from package_files f) as file from packages`
const listed = { id: "old", fileName: "Dragon.r00", fileCount: 1, file: "LibarchiveAddingTest.html" }
const names = ["Dragon.r00", "Dragon.r01", "Dragon.rar"]

describe("a RAR set in old volumes that the former worker has published", () => {
  it("is known when its source is read anew, though its .rar was posted first, and is listed at last", async () => {
    let set: OldRar | undefined
    await using worker = await RunningWorker.prepare(async (folder) => {
      set = await oldRar(folder, "Dragon")
      return worldOf(set, [set.rar, set.r00, set.r01])
    })
    const contentHash = await publishedBefore(worker, set as unknown as OldRar, 0)
    worker.start()
    await worker.until("the list", `select 1 as ok from packages where "fileCount" > 0`)
    expect(await worker.query(claims)).toEqual([{ state: "published", contentHash, setName: "Dragon.rar" }])
    expect(await worker.query(packages)).toEqual([listed])
    expect(worker.library.map(({ name }) => name)).toEqual(names)
    expect(await worker.stop()).toBe(0)
  }, 120_000)

  it("is a duplicate where it is posted again under another name", async () => {
    let set: OldRar | undefined
    await using worker = await RunningWorker.prepare(async (folder) => {
      set = await oldRar(folder, "Dragon")
      const again = await oldRar(folder, "Wyvern")
      return worldOf(set, [again.rar, again.r00, again.r01])
    })
    const contentHash = await publishedBefore(worker, set as unknown as OldRar, 1)
    worker.start()
    await worker.untilSettled(1)
    expect(await worker.query(claims)).toEqual([{ state: "duplicate", contentHash, setName: "Wyvern.rar" }])
    expect(worker.library.map(({ name }) => name)).toEqual(names)
    expect(await worker.stop()).toBe(0)
  }, 120_000)

  it("is listed from the destination when its source is gone", async () => {
    let set: OldRar | undefined
    await using worker = await RunningWorker.prepare(async (folder) => {
      set = await oldRar(folder, "Dragon")
      return worldOf(set, [])
    })
    await publishedBefore(worker, set as unknown as OldRar, 0)
    worker.start()
    await worker.until("the list", `select 1 as ok from packages where "fileCount" > 0`)
    expect(await worker.query(packages)).toEqual([listed])
    expect(await worker.query("select * from stash_relists")).toEqual([])
    // As it would be if it were published again: in the order of its volumes.
    await worker.query(`update packages set "destMessageIds" = "destMessageIds"[3:3] || "destMessageIds"[1:2]`)
    await worker.until("a rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(await worker.typing([], "verify", "--digest")).toMatchObject({ code: 0 })
    expect(await worker.stop()).toBe(0)
  }, 120_000)
})
