import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import postgres from "postgres"
import { describe, expect, it } from "vitest"
import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { LIBRARY, RunningWorker } from "../running-worker.ts"
import { WebApp } from "./requests-web-app.ts"

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * 1024
const alice = "15550001001"

const worldWith = (messages: ReadonlyArray<{ file: string }>): World => ({
  accounts: [{ phone: alice, firstName: "Alice", code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [alice], messages },
    { name: LIBRARY, title: "Library", kind: "channel", members: [alice], admins: [alice] },
  ],
})

const handIn = async (...paths: ReadonlyArray<string>) =>
  Promise.all(
    paths.map(async (path) => ({ name: path.slice(path.lastIndexOf("/") + 1), content: await readFile(path) })),
  )

describe("files that people upload through the web app", () => {
  it("become packages, in one file or in volumes, while a long upload goes on", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return worldWith([{ file: dragon }])
    })
    await using app = new WebApp(worker.databaseUrl)
    const heard: Array<Record<string, unknown>> = []
    const bot = postgres(worker.databaseUrl, { max: 1 })
    await bot.listen("new_package", (payload) => heard.push(JSON.parse(payload)))
    const uploads = join(worker.folder, "uploads")
    await mkdir(uploads)
    const settings = { MAX_PART_SIZE_MB: "50", UPLOAD_DIR: uploads }
    worker.start(settings)
    await worker.until("a listed package", `select 1 as ok from packages where "fileCount" > 0`)
    await worker.stop()
    const own = join(worker.folder, "own")
    const castle = await makeArchive(own, "Castle.7z", 900 * KIBIBYTE, "-v400k")
    const parts = [`${castle}.001`, `${castle}.002`, `${castle}.003`]
    const notes = join(own, "Notes.txt")
    await writeFile(notes, "three notes")
    await worker.post("/messages", { channel: "source", file: await makeArchive(own, "Long.zip", 24 * MEBIBYTE) })
    worker.start({ ...settings, STASH_MAX_UPLOAD_MBIT: "4" })
    await worker.until("an upload", "select 1 as ok from stash_publication_parts")

    const missed = await app.upload(uploads, await handIn(dragon), { isAnnounced: false })
    const upload = await app.upload(uploads, await handIn(...parts, notes), { groupName: "My things" })
    const { errorMessage, packageIds, status } = await app.ended(() => app.uploadRequest(upload))
    expect({ errorMessage, status }).toEqual({ errorMessage: null, status: "COMPLETED" })
    expect(new Set(packageIds).size).toBe(2)
    expect(
      await worker.query(`
        select p."fileName", p."archiveType"::text, p."partCount", p."fileCount", p."creator", g."name", g."groupingSource"::text,
               p."sourceMessageId" = p."destMessageId" as own, p."sourceChannelId" = p."destChannelId" as here
        from packages p join package_groups g on g."id" = p."packageGroupId" order by 1`),
    ).toEqual([
      {
        ...{ fileName: "Castle.7z", archiveType: "SEVEN_Z", partCount: 3, fileCount: 1, creator: null },
        ...{ name: "My things", groupingSource: "MANUAL", own: true, here: true },
      },
      {
        ...{ fileName: "Notes.txt", archiveType: "DOCUMENT", partCount: 1, fileCount: 1, creator: null },
        ...{ name: "My things", groupingSource: "MANUAL", own: true, here: true },
      },
    ])
    expect(worker.library.map(({ name }) => name).sort()).toEqual([
      ...["Castle.7z.001", "Castle.7z.002", "Castle.7z.003", "Dragon.zip", "Notes.txt"],
    ])
    expect(heard.map(({ fileName }) => fileName)).toEqual(expect.arrayContaining(["Castle.7z", "Notes.txt"]))
    expect(heard[0]).toEqual({
      packageId: expect.any(String),
      fileName: "Dragon.zip",
      creator: "Source",
      tags: ["Miniatures"],
    })

    const outside = join(worker.folder, "secret.zip")
    await writeFile(outside, await readFile(dragon))
    const stolen = { name: "secret.zip", content: await readFile(outside), path: outside }
    for (const [files, why] of [
      [[stolen], "not in the upload's folder"],
      [[{ ...stolen, path: join(uploads, "x", "..", "..", "secret.zip") }], "not in the upload's folder"],
      [await handIn(parts[0] ?? "", parts[2] ?? ""), "missing"],
      [[], "no file arrived"],
    ] as const) {
      const refused = await app.upload(uploads, files)
      expect(await app.ended(() => app.uploadRequest(refused))).toMatchObject({
        status: "FAILED",
        errorMessage: expect.stringContaining(why),
      })
    }
    expect(await app.ended(() => app.uploadRequest(missed))).toMatchObject({ status: "COMPLETED" })
    expect(
      await worker.query(`select "fileName" from packages where "fileName" in ('Dragon.zip', 'secret.zip')`),
    ).toEqual([{ fileName: "Dragon.zip" }])
    // What was published is not kept; what was refused is.
    expect(await readdir(uploads)).not.toContain(upload)
    expect(await worker.query("select 1 as open from stash_app_requests")).toEqual([])
    await bot.end()
    await worker.kill()
  }, 240_000)

  it.each(["kill cell", "kill all"] as const)(
    "are in the library once when an upload is cut by: %s",
    async (what) => {
      await using worker = await RunningWorker.prepare(async () => worldWith([]))
      await using app = new WebApp(worker.databaseUrl)
      const uploads = join(worker.folder, "uploads")
      const faults = join(worker.folder, "faults")
      await mkdir(uploads)
      await mkdir(faults)
      await writeFile(
        join(faults, "fault.json"),
        JSON.stringify({ point: "part.delivered", nth: 2, what: "kill cell" }),
      )
      const settings = { MAX_PART_SIZE_MB: "1", UPLOAD_DIR: uploads, STASH_FAULT_POINTS: faults }
      worker.start(settings)
      await worker.until("rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
      const hero = await makeArchive(worker.folder, "Hero.zip", 2.5 * MEBIBYTE)
      const upload = await app.upload(uploads, await handIn(hero))
      await worker.until("a part", `select 1 as ok from stash_publication_parts where "confirmedAt" is not null`)
      if (what === "kill all") {
        await worker.kill()
        worker.start(settings)
      }
      expect(await app.ended(() => app.uploadRequest(upload))).toMatchObject({
        status: "COMPLETED",
        errorMessage: null,
      })
      expect(worker.library.map(({ name }) => name)).toEqual(["Hero.zip.001", "Hero.zip.002", "Hero.zip.003"])
      expect(await worker.query(`select "fileName", "partCount" from packages`)).toEqual([
        { fileName: "Hero.zip", partCount: 3 },
      ])
      expect(await worker.query("select 1 as open from stash_publications")).toEqual([])
      expect(await worker.stop()).toBe(0)
    },
    240_000,
  )
})
