import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { oldRar } from "../old-rar.ts"
import { LIBRARY, RunningWorker } from "../running-worker.ts"
import { WebApp } from "./requests-web-app.ts"

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * 1024
const alice = "15550001001"

const oneSourceWith = (library: ReadonlyArray<string>): World => ({
  accounts: [{ phone: alice, firstName: "Alice", code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [alice], messages: [] },
    {
      ...{ name: LIBRARY, title: "Library", kind: "channel", members: [alice], admins: [alice] },
      messages: library.map((file) => ({ file })),
    },
  ],
})

const worldIn = async (folder: string): Promise<World> => {
  const castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, "-v400k")
  const cut = await makeArchive(folder, "Cut.zip", 2.4 * MEBIBYTE)
  const old = await makeArchive(folder, "Old.zip", 200 * KIBIBYTE)
  const byOldWorker = await makeArchive(folder, "pack.concat", 300 * KIBIBYTE, "-tzip", "-v150k")
  return {
    accounts: [{ phone: alice, firstName: "Alice", code: "12345" }],
    channels: [
      {
        name: "source",
        title: "Source",
        kind: "channel",
        members: [alice],
        messages: [
          ...[await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE), cut].map((file) => ({ file })),
          ...[1, 2, 3].map((part) => ({ file: `${castle}.00${part}` })),
        ],
      },
      {
        name: LIBRARY,
        title: "Library",
        kind: "channel",
        members: [alice],
        admins: [alice],
        // Of the time before there were captions.
        messages: [old, `${byOldWorker}.001`, `${byOldWorker}.002`, `${byOldWorker}.003`].map((file) => ({ file })),
      },
    ],
  }
}

const rows = `
  select "contentHash", "fileName", "fileSize"::text, "archiveType"::text, "partCount", "destMessageId"::text,
         "destMessageIds"::text from packages order by "fileName"`
const sources = `select "fileName", "sourceChannelId", "sourceMessageId"::text from packages order by "fileName"`
const own = ["Castle.7z", "Cut.zip", "Dragon.zip"]
const forgotten = ["stash_claims", "stash_set_messages", "stash_source_states", "stash_events", "topic_progress"]

describe("a library whose database was lost", () => {
  it("is restored from the destination, with its real hashes, while a long upload goes on", async () => {
    await using worker = await RunningWorker.prepare(worldIn)
    await using app = new WebApp(worker.databaseUrl)
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.untilSettled(3)
    const [before, sourcesBefore] = [await worker.query(rows), await worker.query(sources)]
    expect(before.map(({ fileName }) => fileName)).toEqual(own)
    await worker.stop()

    // The packages alone: what else is known of them says where they came from.
    await worker.query("delete from packages")
    await worker.post("/messages", {
      channel: "source",
      file: await makeArchive(worker.folder, "Long.zip", 24 * MEBIBYTE),
    })
    worker.start({ MAX_PART_SIZE_MB: "50", STASH_MAX_UPLOAD_MBIT: "1" })
    await worker.until("an upload", "select 1 as ok from stash_publication_parts")
    expect(await worker.stash("rebuild", "--dry-run", "--no-download")).toMatchObject({
      ...{ dryRun: true, documentsFound: 11, packagesCreated: 3, packagesSkipped: 2, fetched: 0 },
      problems: [
        { name: "Old.zip", reason: "only fetching it would tell its hash" },
        { name: "pack.concat.001", reason: "only fetching it would tell its hash" },
      ],
    })
    expect(await worker.query("select 1 as found from packages")).toEqual([])
    const rebuilt = await app.rebuildPackageDatabase()
    expect(await app.ended(() => app.fetchRequest(rebuilt))).toMatchObject({
      status: "COMPLETED",
      result: { status: "COMPLETED", messagesScanned: 11, documentsFound: 11, packagesCreated: 5, packagesSkipped: 0 },
    })
    expect((await worker.query(rows)).filter(({ fileName }) => own.includes(String(fileName)))).toEqual(before)
    expect((await worker.query(sources)).filter(({ fileName }) => own.includes(String(fileName)))).toEqual(
      sourcesBefore,
    )
    expect(
      await worker.query(`select "fileName", "partCount", "fileCount", "archiveType"::text from packages where "fileName" in
        ('Old.zip', 'pack.concat.001') order by 1`),
    ).toEqual([
      { fileName: "Old.zip", partCount: 1, fileCount: 1, archiveType: "ZIP" },
      { fileName: "pack.concat.001", partCount: 3, fileCount: 1, archiveType: "DOCUMENT" },
    ])
    expect(await worker.query("select 1 as open from stash_publications")).toHaveLength(1)
    const again = await app.rebuildPackageDatabase()
    expect(await app.ended(() => app.fetchRequest(again))).toMatchObject({
      result: { packagesCreated: 0, packagesSkipped: 5 },
    })
    await worker.kill()

    // Everything that was ever known.
    await worker.query("delete from stash_publications")
    for (const table of ["packages", ...forgotten]) await worker.query(`delete from ${table}`)
    await worker.query(`update account_channel_map set "lastProcessedMessageId" = null`)
    await worker.query(`update telegram_channels set "isActive" = false where "type" = 'SOURCE'`)
    worker.start({ MAX_PART_SIZE_MB: "50" })
    await worker.until("rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(await worker.stash("rebuild")).toMatchObject({
      packagesCreated: 5,
      packagesSkipped: 0,
      fetched: 5,
      problems: [],
    })
    expect((await worker.query(rows)).filter(({ fileName }) => own.includes(String(fileName)))).toEqual(before)
    expect(await worker.query(`select "fileName" from packages where "fileCount" = 0`)).toEqual([])
    const library = worker.library
    await worker.query(`update telegram_channels set "isActive" = true where "type" = 'SOURCE'`)
    await worker.call()
    // The source is looked through anew: of all it holds, only what never came is published.
    await worker.untilSettled(4)
    expect(await worker.query(`select "setName" from stash_claims where "state" = 'published'`)).toEqual([
      { setName: "Long.zip" },
    ])
    expect(worker.library.filter(({ name }) => name !== "Long.zip")).toEqual(
      library.filter(({ name }) => name !== "Long.zip"),
    )
    expect(await worker.query(`select * from packages where "contentHash" !~ '^[0-9a-f]{64}$'`)).toEqual([])
    expect(await worker.stop()).toBe(0)
  }, 300_000)

  it("gets back what the former worker had forgotten of it, and a line for each archive that lists nothing", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const { r00, r01, rar } = await oldRar(folder, "Dragon")
      const empty = join(folder, "Empty.zip")
      await writeFile(empty, Buffer.concat([Buffer.from("PK\x05\x06"), Buffer.alloc(18)]))
      const notes = await makeArchive(folder, "Notes.tar", 20 * KIBIBYTE, "-ttar")
      return oneSourceWith([r00, r01, rar, empty, notes])
    })
    const volumes = await Promise.all(
      ["r00", "r01", "rar"].map((end) => readFile(join(worker.folder, "files", `Dragon.${end}`))),
    )
    const content = Buffer.concat(volumes)
    await worker.query(`
      insert into packages ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
                            "isMultipart", "partCount", "fileCount", "tags")
      select 'old', '${createHash("sha256").update(content).digest("hex")}', 'Dragon.r00', ${content.length}, 'RAR', "id", 5, true, 3, 0, '{}'
      from telegram_channels where "title" = 'Source'`)
    worker.start()
    await worker.until("rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(await worker.stash("rebuild")).toMatchObject({ packagesCreated: 3, packagesSkipped: 0, problems: [] })
    const names = new Map(
      (worker.sandbox.state().channels.find(({ name }) => name === LIBRARY)?.messages ?? []).map(({ file, id }) => [
        String(id * 2 ** 20),
        file?.name,
      ]),
    )
    // What was attached is listed when the account rests the next time.
    const found = await worker.query(`
      select p."fileName", p."fileCount", p."destMessageIds"::text[] as ids,
             (select min(f."fileName") from package_files f where f."packageId" = p."id") as file
      from packages p order by p."fileName"`)
    expect(
      found.map(({ ids, ...rest }) => ({ ...rest, parts: (ids as Array<string>).map((id) => names.get(id)) })),
    ).toEqual([
      {
        fileName: "Dragon.r00",
        fileCount: 0,
        file: null,
        parts: ["Dragon.r00", "Dragon.r01", "Dragon.rar"],
      },
      { fileName: "Empty.zip", fileCount: 1, file: "(nothing is inside)", parts: ["Empty.zip"] },
      { fileName: "Notes.tar", fileCount: 1, file: "Notes.tar.stl", parts: ["Notes.tar"] },
    ])
    expect(await worker.stop()).toBe(0)
  }, 180_000)
})
