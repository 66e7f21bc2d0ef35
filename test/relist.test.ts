import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { makeArchive, sha256 } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const phone = "15550001001"

type Messages = NonNullable<World["channels"][number]["messages"]>

const worldOf = (messages: Messages) => oneSource(phone, messages)

/** As the predecessor left a package when it was killed before it had listed its files: it knows no claims. */
const forgetMetadata = async (worker: RunningWorker) => {
  await worker.query("delete from package_files")
  await worker.query("delete from stash_claims")
  await worker.query("delete from stash_set_messages")
  await worker.query("delete from stash_package_posts")
  await worker.query(
    `update packages set "fileCount" = 0, "previewData" = null, "previewMsgId" = null, "creator" = null`,
  )
}

const select = `
  select p."fileName", p."fileCount" as files, p."previewMsgId" is not null as photo, p."creator",
         (select array_agg(f."fileName" order by f."fileName") from package_files f where f."packageId" = p."id") as names
  from packages p order by p."fileName"`

/** A cycle that is ended before its end leaves its sets to be met again. */
const listed = async (worker: RunningWorker) => {
  await worker.until("all to be listed", `select 1 as ok from packages having bool_and("fileCount" > 0)`)
  await worker.until("the end of a cycle", `select 1 as ok from ingestion_runs where "status" = 'COMPLETED'`)
}

const listings = ({ log }: RunningWorker) =>
  log.flatMap(({ event, from, whole }) => (event === "package.listed" ? [{ from, whole }] : []))

/** The log is written after the database. */
const untilListings = async (worker: RunningWorker, count: number) => {
  await until(30_000, async () => listings(worker).length >= count)
  return listings(worker)
}

const downloaded = ({ sandbox }: RunningWorker) => sandbox.counters().accounts[phone]?.["upload.getFile"]?.bytesOut ?? 0

describe("a package whose files were never listed", () => {
  it("is listed while the account rests: from its source, with its picture", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, "-v400k")
      return worldOf([
        { photo: { generate: { width: 900, height: 900, seed: 1 } } },
        ...["001", "002", "003"].map((volume) => ({ file: `${castle}.${volume}` })),
        { file: await makeArchive(folder, "Titan Forge - Dragon.zip", 50 * KIBIBYTE) },
      ])
    })
    worker.start()
    await worker.untilSettled(2)
    await listed(worker)
    const before = await worker.query(select)
    await worker.stop()
    await forgetMetadata(worker)
    worker.start()
    await listed(worker)
    expect(before).toMatchObject([{ fileName: "Castle.7z", photo: true }, { photo: false }])
    // Of the set in volumes the predecessor had noted the first message alone.
    expect(await worker.query(select)).toEqual(before)
    // Now they can be grouped like new ones.
    expect(await worker.query(`select "packageId" from stash_package_posts`)).toHaveLength(2)
    const fromSource = { from: "source", whole: true }
    expect(await untilListings(worker, 2)).toEqual([fromSource, fromSource])
    expect(worker.library).toHaveLength(4)
  }, 120_000)

  it("gets its real hash, where an earlier worker had invented one, and is recognised from then on", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return worldOf([{ file: dragon }])
    })
    worker.start()
    await worker.untilSettled(1)
    await listed(worker)
    await worker.stop()
    await forgetMetadata(worker)
    await worker.query(`update packages set "contentHash" = 'rebuild:library:1', "sourceMessageId" = 0`)
    worker.start()
    await worker.until("the list", `select 1 as ok from packages where "fileCount" > 0`)
    expect(await worker.query(`select "contentHash" from packages`)).toEqual([{ contentHash: await sha256(dragon) }])
    await worker.post("/messages", { channel: "source", file: dragon, name: "Dragon again.zip" })
    await worker.until("a duplicate", `select 1 as ok from stash_claims where "state" = 'duplicate'`)
    expect(worker.library).toHaveLength(1)
  }, 120_000)

  it("is listed when its content is met again, without another download", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return worldOf([{ file: dragon }])
    })
    worker.start()
    await worker.untilSettled(1)
    await listed(worker)
    await worker.stop()
    await forgetMetadata(worker)
    await worker.post("/messages", { channel: "source", file: dragon, name: "Dragon again.zip" })
    const before = downloaded(worker)
    worker.start()
    await worker.until("a duplicate", `select 1 as ok from stash_claims where "state" = 'duplicate'`)
    expect(await worker.query(select)).toMatchObject([{ files: 1, names: ["Dragon.zip.stl"] }])
    expect(downloaded(worker) - before).toBeLessThan(400 * KIBIBYTE)
    expect(listings(worker)).toEqual([])
    expect(worker.library).toHaveLength(1)
  }, 120_000)

  it("is listed from the pieces in the destination when its source is empty, and not when those are gone too", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([
        { file: await makeArchive(folder, "Titan.zip", 2500 * KIBIBYTE), label: "titan" },
        { file: await makeArchive(folder, "Golem.zip", 50 * KIBIBYTE), label: "golem" },
      ]),
    )
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.untilSettled(2)
    await listed(worker)
    const before = await worker.query(select)
    await worker.stop()
    await forgetMetadata(worker)
    const golem = worker.library.filter(({ name }) => name === "Golem.zip").map(({ id }) => id)
    await worker.post("/messages/delete", { channel: "source", messages: ["titan", "golem"] })
    await worker.post("/messages/delete", { channel: LIBRARY, messages: golem })
    worker.start()
    await worker.until("the titan", `select 1 as ok from packages where "fileName" = 'Titan.zip' and "fileCount" > 0`)
    await worker.until("the golem's problem", "select 1 as ok from stash_relists where problem is not null")
    expect((await worker.query(select)).find(({ fileName }) => fileName === "Titan.zip")).toEqual(
      before.find(({ fileName }) => fileName === "Titan.zip"),
    )
    const shown: { package: unknown } = await worker.stash("package", "show", "Golem.zip")
    expect(shown.package).toMatchObject({
      fileCount: 0,
      listingProblem: expect.stringContaining("1 of its 1 messages"),
    })
  }, 120_000)
})

describe("a package that somebody wants listed again", () => {
  it("has its directory fetched alone when it is large, and keeps what people have written", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf([{ file: await makeArchive(folder, "Large.zip", 40 * MEBIBYTE) }]),
    )
    worker.start()
    await worker.untilSettled(1)
    await listed(worker)
    await worker.query(`update package_files set "fileName" = 'wrong'`)
    await worker.query(`update packages set "creator" = 'Somebody', "tags" = '{mine}'`)
    const before = downloaded(worker)

    const dry: unknown = await worker.stash("package", "relist", "Large.zip", "--dry-run")
    expect(dry).toMatchObject({ dryRun: true, packages: [{ fileName: "Large.zip", fetches: "directory" }] })
    expect(await worker.query("select * from stash_relists")).toEqual([])
    await worker.stash("package", "relist", "Large.zip")
    await worker.until("the listing", `select 1 as ok from package_files where "fileName" = 'Large.zip.stl'`)
    expect(await untilListings(worker, 1)).toEqual([{ from: "source", whole: false }])
    expect(downloaded(worker) - before).toBeLessThan(MEBIBYTE)
    await worker.until("the end", "select 1 as ok from stash_relists having count(*) = 0")
    expect(await worker.query(`select "fileCount" as files, "creator", "tags" from packages`)).toEqual([
      { files: 1, creator: "Somebody", tags: ["mine"] },
    ])
    expect(worker.library).toHaveLength(1)
  }, 120_000)
})
