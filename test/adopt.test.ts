import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { configure, createClient } from "tdl"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, sandboxProxy, type World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { lostRows, readRows } from "./contract/app-tables.ts"
import { WebApp } from "./contract/requests-web-app.ts"
import { predecessorDatabase } from "./predecessor/predecessor-database.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const code = "12345"
const KIBIBYTE = 1024
const SERVER_ID = 2 ** 20

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
const sha256 = (path: string): string => digest(readFileSync(path))

/** TDLib as the former worker opened it: its databases lie in the account's folder itself. Resolves once it is logged in. */
const openAsFormerWorker = async (folder: string, endpoint: Sandbox["endpoint"]) => {
  const client = createClient({
    apiId: 1,
    apiHash: "any",
    databaseDirectory: folder,
    filesDirectory: join(folder, "files"),
  })
  client.on("error", () => undefined)
  await client.invoke({ _: "addProxy", proxy: sandboxProxy(endpoint), enable: true })
  await client.login({ type: "user", getPhoneNumber: async () => phone, getAuthCode: async () => code })
  return client
}

describe("an installation of the former worker", () => {
  let worker: RunningWorker
  let accountId: string
  let folder: string
  let files: { readonly old: string; readonly huge: string; readonly fresh: string }
  let posted: ReadonlyArray<string>
  let pieces: ReadonlyArray<string>
  let before: Awaited<ReturnType<typeof readRows>>

  const codesSent = () => worker.sandbox.log.read({ method: "auth.sendCode" }).length
  const idOf = (channel: string, name: string): number => {
    const messages = worker.sandbox.state().channels.find((one) => one.name === channel)?.messages ?? []
    return (messages.find(({ file }) => file?.name === name)?.id ?? 0) * SERVER_ID
  }
  const chatOf = (name: string): string =>
    String(worker.sandbox.state().channels.find((one) => one.name === name)?.chatId ?? 0)
  const refused = (
    ...args: ReadonlyArray<string>
  ): Promise<{ ok: boolean; findings: ReadonlyArray<{ what: string }> }> =>
    worker.stash(...args).then(
      () => expect.unreachable("it should have been refused"),
      ({ stdout }: { stdout: string }) => JSON.parse(stdout),
    )

  beforeAll(async () => {
    worker = await RunningWorker.prepare(
      async (place) => {
        files = {
          old: await makeArchive(place, "Old.zip", 300 * KIBIBYTE),
          huge: await makeArchive(place, "Huge.zip", 700 * KIBIBYTE),
          fresh: await makeArchive(place, "Fresh.zip", 300 * KIBIBYTE),
        }
        posted = await Promise.all(
          ["Seen.zip", "Unseen.zip", "Later.zip"].map((name) => makeArchive(place, name, 200 * KIBIBYTE)),
        )
        const [seen = "", unseen = "", later = ""] = posted
        const bytes = readFileSync(files.huge)
        pieces = ["Huge.concat.001", "Huge.concat.002"].map((name) => join(place, name))
        await writeFile(pieces[0] ?? "", bytes.subarray(0, 400 * KIBIBYTE))
        await writeFile(pieces[1] ?? "", bytes.subarray(400 * KIBIBYTE))
        const channel = { kind: "channel" as const, members: [phone] }
        return {
          accounts: [{ phone, firstName: "Alice", code }],
          channels: [
            {
              ...channel,
              name: "source",
              messages: [
                { file: files.old, label: "old" },
                { file: files.huge },
                { text: "up to here the former worker came" },
                { file: files.old, name: "Old (again).zip" },
                { file: files.huge, name: "Huge (again).zip" },
                // Somebody posts what the former worker had cut.
                ...pieces.map((file) => ({ file })),
                { file: files.fresh },
              ],
            },
            {
              ...channel,
              name: "forum",
              kind: "supergroup",
              forum: true,
              topics: [
                { name: "forge", title: "Titan Forge" },
                { name: "other", title: "Other" },
              ],
              messages: [
                { file: unseen, topic: "other" },
                { file: seen, topic: "forge" },
                { file: later, topic: "forge" },
              ],
            },
            { name: "open", kind: "channel", username: "open_minis" },
            { ...channel, name: LIBRARY, admins: [phone], messages: [files.old, ...pieces].map((file) => ({ file })) },
          ],
        } satisfies World
      },
      { makeDatabase: () => predecessorDatabase() },
    )
    const [account] = await worker.query(`select "id" from telegram_accounts where "phone" = '${phone}'`)
    accountId = String(account?.["id"])
    folder = join(worker.folder, "data", "tdlib", accountId)
    // The accounts of the other rows are not there at the sandbox.
    await worker.query(`update telegram_accounts set "isActive" = false where "id" <> '${accountId}'`)
    await worker.query(
      `update telegram_accounts set "authState" = 'AUTHENTICATED', "isActive" = true where "id" = '${accountId}'`,
    )
    const published = (name: string, path: string, ...messages: ReadonlyArray<string>) => {
      const ids = messages.map((message) => idOf(LIBRARY, message))
      return worker.query(
        `insert into packages ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
           "destChannelId", "destMessageId", "destMessageIds", "isMultipart", "partCount", "fileCount", "tags", "indexedAt")
         select 'by hand of ${name}', '${sha256(path)}', '${name}', ${readFileSync(path).length}, 'ZIP', s."id", ${idOf("source", name)},
                d."id", ${ids[0]}, array[${ids}]::bigint[], ${ids.length > 1}, ${ids.length}, 1, '{}', '2026-03-01'
         from telegram_channels s, telegram_channels d where s."title" = 'source' and d."title" = '${LIBRARY}'`,
      )
    }
    await published("Old.zip", files.old, "Old.zip")
    await published("Huge.zip", files.huge, "Huge.concat.001", "Huge.concat.002")
    await worker.query(
      `update account_channel_map m set "lastProcessedMessageId" = ${idOf("source", "Huge.zip")}
       from telegram_channels c where c."id" = m."channelId" and c."title" = 'source'`,
    )
    // In forums the former worker kept a mark for every topic, and none of the whole.
    const topics = worker.sandbox.state().channels.find(({ name }) => name === "forum")?.topics ?? []
    const forge = topics.find(({ title }) => title === "Titan Forge")?.id ?? 0
    await worker.query(
      `insert into topic_progress ("id", "accountChannelMapId", "topicId", "topicName", "lastProcessedMessageId")
       select 'forge', m."id", ${forge * SERVER_ID}, 'Titan Forge', ${idOf("forum", "Seen.zip")}
       from account_channel_map m join telegram_channels c on c."id" = m."channelId" where c."title" = 'forum'`,
    )
    configure({ tdjson: worker.sandbox.endpoint.library, verbosityLevel: 1 })
    const former = await openAsFormerWorker(folder, worker.sandbox.endpoint)
    const inUse = await refused("adopt")
    expect(inUse.findings.map(({ what }) => what)).toContainEqual(expect.stringMatching(/a process has .* open/))
    await former.close()
    before = await readRows(worker.databaseUrl)
  })
  afterAll(() => worker?.[Symbol.asyncDispose]())

  it("is looked at, and nothing of it changed, by a dry run", async () => {
    const seen: { findings: ReadonlyArray<{ kind: string; what: string }> } = await worker.stash("adopt", "--dry-run")
    expect(seen).toMatchObject({ ok: true, dryRun: true, done: false })
    const steps = seen.findings.filter(({ kind }) => kind === "step").map(({ what }) => what)
    expect(steps).toEqual([
      expect.stringContaining("its session is taken over"),
      expect.stringContaining("tables, columns and indexes of this worker's own"),
      expect.stringContaining("1 run that the former worker left running"),
    ])
    expect(await readRows(worker.databaseUrl)).toEqual(before)
    expect(await worker.query(`select 1 from pg_tables where tablename like 'stash%'`)).toEqual([])
    expect(existsSync(join(folder, "td.binlog"))).toBe(true)
  })

  it("has its accounts parked, with the reason, by a worker that is started before it was adopted", async () => {
    worker.start({ STASH_SANDBOX_CODES: "asked", UPLOAD_DIR: join(worker.folder, "uploads") })
    await worker.until("our tables", `select 1 as ok from pg_tables where tablename = 'stash_requests'`)
    const parked = await worker.until(
      "a parked account",
      `select "reason" from stash_account_states where "accountId" = '${accountId}' and "state" = 'parked'`,
    )
    expect(parked["reason"]).toContain("stash adopt")
    expect(readdirSync(folder)).not.toContain("db")
  })

  it("is adopted, and goes on without a login: what is new is published, what is known is not", async () => {
    expect(await worker.stash("adopt")).toMatchObject({ ok: true, done: true })
    await worker.until("a package", `select 1 as ok from packages where "fileName" = 'Fresh.zip' and "fileCount" > 0`)
    await worker.untilSettled(6)
    await worker.until("a rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    expect(codesSent()).toBe(1)
    const [old, first, second, ...fresh] = worker.library.map(({ name }) => name)
    expect([old, first, second]).toEqual(["Old.zip", "Huge.concat.001", "Huge.concat.002"])
    expect(fresh.sort()).toEqual(["Fresh.zip", "Later.zip", "Unseen.zip"])
    const claims = await worker.query(
      `select k."setName", k."state", k."contentHash" from stash_claims k
       join telegram_channels c on c."id" = k."sourceChannelId" where c."title" = 'source' order by k."firstMessageId"`,
    )
    expect(claims).toMatchObject([
      { setName: "Old (again).zip", state: "duplicate", contentHash: sha256(files.old) },
      { setName: "Huge (again).zip", state: "duplicate", contentHash: sha256(files.huge) },
      { setName: expect.stringContaining("Huge.concat"), state: "duplicate", contentHash: sha256(files.huge) },
      { setName: "Fresh.zip", state: "published" },
    ])
  })

  it("loses no row, and none is changed but those that a worker changes", async () => {
    const lost = lostRows(before, await readRows(worker.databaseUrl)).map(({ row, table }) => ({
      table,
      row: JSON.parse(row),
    }))
    // What was asked for and never done is being answered: with the chats, of which one turns out to be a forum.
    const requests = lost.filter(({ table }) => table.endsWith("_requests") || table === "manual_uploads")
    expect(requests.filter(({ row }) => !["PENDING", "IN_PROGRESS", "PROCESSING"].includes(row.status))).toEqual([])
    const isAnswer = ({ row, table }: (typeof lost)[number]) => table === "telegram_channels" && row.title === "forum"
    const touched = lost
      .filter((one) => !requests.includes(one) && !isAnswer(one))
      .map(({ row, table }) => `${table} ${row.id ?? row.key}`)
      .sort()
    const maps = await worker.query(
      `select m."id" from account_channel_map m join telegram_channels c on c."id" = m."channelId"
       where c."title" in ('source', 'forum')`,
    )
    // Marks moved on, the invite link is that of the new destination, the run that was cut off has ended, the account was seen.
    expect(touched).toEqual([
      ...maps.map(({ id }) => `account_channel_map ${id}`).sort(),
      "global_settings destination_invite_link",
      "ingestion_runs run0",
      `telegram_accounts ${accountId}`,
      "topic_progress forge",
    ])
  })

  it("reads no topic again up to where the former worker came, and looks into it when told to", async () => {
    const named = (name: string) => worker.query(`select "state" from stash_claims where "setName" = '${name}'`)
    expect(await named("Seen.zip")).toEqual([])
    await worker.stash("channel", "rescan", chatOf("forum"), "--yes")
    await worker.until("a package", `select 1 as ok from packages where "fileName" = 'Seen.zip' and "fileCount" > 0`)
    expect(await named("Seen.zip")).toEqual([{ state: "published" }])
  }, 120_000)

  it("knows what the former worker published by its files, once it has seen them: a forwarded one is not downloaded", async () => {
    await worker.stash("channel", "rescan", chatOf("source"), "--yes")
    await worker.until(
      "a claim",
      `select 1 as ok from stash_claims where "setName" = 'Old.zip' and "state" = 'published'`,
    )
    const bytesDown = () => worker.sandbox.counters().accounts[phone]?.["upload.getFile"]?.bytesOut ?? 0
    await worker.until("a rest", `select 1 as ok from stash_account_states where "state" = 'idle'`)
    const before = bytesDown()
    await worker.post("/messages", { channel: "forum", forward: { channel: "source", message: "old" } })
    await worker.until(
      "a duplicate",
      `select 1 as ok from stash_claims k join telegram_channels c on c."id" = k."sourceChannelId"
       where c."title" = 'forum' and k."setName" = 'Old.zip' and k."state" = 'duplicate'`,
    )
    expect(bytesDown()).toBe(before)
  })

  it("finds the packages of the former worker whole, those in pieces of its own too", async () => {
    const checks = await worker.until(
      "checks",
      `select count(*)::int as "all", count("problem")::int as "bad" from stash_package_checks where "packageId" like 'by hand of%' having count(*) = 2`,
    )
    expect(checks).toEqual({ all: 2, bad: 0 })
    expect(await worker.stash("package", "show", "Huge.zip")).toMatchObject({
      package: { fileName: "Huge.zip", contentHash: sha256(files.huge), problem: null },
    })
  })

  it("has nothing left to be done when it is adopted again", async () => {
    const again: { findings: ReadonlyArray<{ kind: string }> } = await worker.stash("adopt")
    expect(again.findings.filter(({ kind }) => kind === "step")).toEqual([])
  })

  it("answers every kind of request, and all that the former worker never answered", async () => {
    await using app = new WebApp(worker.databaseUrl)
    const row = (id: string) => app.ended(() => app.fetchRequest(id))
    const entryOf = async (packageId: string, path: string) => {
      const id = await app.extract(packageId, path)
      return app.ended(() => app.extractRequest(id))
    }
    const done = { status: "COMPLETED", error: null }
    expect(await row(await app.fetchChannels(accountId))).toMatchObject(done)
    expect(await row(await app.joinChannelByLink("@open_minis"))).toMatchObject(done)
    // Its parts were cut by the former worker.
    expect(await entryOf("by hand of Huge.zip", "Huge.zip.stl")).toMatchObject(done)
    const content = readFileSync(await makeArchive(worker.folder, "Own.zip", 90 * KIBIBYTE))
    const own = await app.upload(join(worker.folder, "uploads"), [{ name: "Own.zip", content }], { userId: "user1" })
    expect(await app.ended(() => app.uploadRequest(own))).toMatchObject({ status: "COMPLETED", errorMessage: null })
    expect(await row(await app.rebuildPackageDatabase())).toMatchObject({ ...done, result: { packagesCreated: 0 } })
    const linkBefore = await app.inviteLink()
    const [library] = await worker.query(`select "id" from telegram_channels where "title" = '${LIBRARY}'`)
    await app.setGlobalDestination(String(library?.["id"]))
    await worker.until(
      "another link",
      `select 1 as ok from global_settings where "key" = 'destination_invite_link' and "value" <> '${linkBefore}'`,
    )
    const runs = `select 1 as ok from ingestion_runs where "accountId" = '${accountId}'`
    const before = (await worker.query(runs)).length
    await app.triggerIngestion(accountId)
    await worker.until("another run", `${runs} having count(*) > ${before}`)
    expect(await row(await app.createDestinationViaWorker("New library"))).toMatchObject(done)

    // Accounts that are switched off do nothing; that is said after a minute.
    await worker.query(
      `update stash_app_requests set "waitingSince" = now() - interval '1 hour', "notBefore" = now() - interval '1 hour'`,
    )
    await worker.until(
      "an answer to everything",
      `select 1 as ok where not exists (select from channel_fetch_requests where "status" in ('PENDING', 'IN_PROGRESS'))
         and not exists (select from archive_extract_requests where "status" in ('PENDING', 'IN_PROGRESS'))
         and not exists (select from manual_uploads where "status" in ('PENDING', 'PROCESSING'))`,
    )
    const wordless = (table: string, reason: string) =>
      worker.query(`select "id" from ${table} where "status" = 'FAILED' and "${reason}" is null`)
    expect(await wordless("channel_fetch_requests", "error")).toEqual([])
    expect(await wordless("archive_extract_requests", "error")).toEqual([])
    // It had failed under the former worker.
    expect(await wordless("manual_uploads", "errorMessage")).toEqual([{ id: "upload4" }])
  }, 180_000)

  it("goes back to the former worker, without a login either", async () => {
    const atWork = await refused("adopt", "--undo")
    expect(atWork.findings.map(({ what }) => what)).toContain("Alice is at work")
    expect(await worker.stop()).toBe(0)
    expect(await worker.stash("adopt", "--undo")).toMatchObject({ ok: true, done: true })
    const former = await openAsFormerWorker(folder, worker.sandbox.endpoint)
    expect(await former.invoke({ _: "getMe" })).toMatchObject({ first_name: "Alice" })
    await former.close()
    expect(codesSent()).toBe(1)
  })
})
