import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { configure, createClient } from "tdl"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, sandboxProxy, type World } from "../src/sandbox/sandbox.ts"
import { makeArchive } from "./archive-files.ts"
import { lostRows, readRows } from "./contract/app-tables.ts"
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
  let pieces: ReadonlyArray<string>
  let before: Awaited<ReturnType<typeof readRows>>

  const codesSent = () => worker.sandbox.log.read({ method: "auth.sendCode" }).length
  const idOf = (channel: string, name: string): number => {
    const messages = worker.sandbox.state().channels.find((one) => one.name === channel)?.messages ?? []
    return (messages.find(({ file }) => file?.name === name)?.id ?? 0) * SERVER_ID
  }
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
                { file: files.old },
                { file: files.huge },
                { text: "up to here the former worker came" },
                { file: files.old, name: "Old (again).zip" },
                { file: files.huge, name: "Huge (again).zip" },
                // Somebody posts what the former worker had cut.
                ...pieces.map((file) => ({ file })),
                { file: files.fresh },
              ],
            },
            { ...channel, name: LIBRARY, admins: [phone], messages: [files.old, ...pieces].map((file) => ({ file })) },
          ],
        } satisfies World
      },
      () => predecessorDatabase(400),
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
      `update account_channel_map set "lastProcessedMessageId" = ${idOf("source", "Huge.zip")}
       where "accountId" = '${accountId}' and "role" = 'READER'`,
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
    worker.start({ STASH_SANDBOX_CODES: "asked" })
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
    await worker.untilSettled(4)
    expect(codesSent()).toBe(1)
    expect(worker.library.map(({ name }) => name)).toEqual([
      "Old.zip",
      "Huge.concat.001",
      "Huge.concat.002",
      "Fresh.zip",
    ])
    const claims = await worker.query(
      `select "setName", "state", "contentHash" from stash_claims order by "firstMessageId"`,
    )
    expect(claims).toMatchObject([
      { setName: "Old (again).zip", state: "duplicate", contentHash: sha256(files.old) },
      { setName: "Huge (again).zip", state: "duplicate", contentHash: sha256(files.huge) },
      { setName: expect.stringContaining("Huge.concat"), state: "duplicate", contentHash: sha256(files.huge) },
      { setName: "Fresh.zip", state: "published" },
    ])
  })

  it("loses no row, and none is changed but those that a worker changes", async () => {
    const lost = lostRows(before, await readRows(worker.databaseUrl))
    const touched = lost.map(({ row, table }) => `${table} ${JSON.parse(row).id}`).sort()
    const [map] = await worker.query(
      `select m."id" from account_channel_map m join telegram_channels c on c."id" = m."channelId" where c."title" = 'source'`,
    )
    // The mark moved on, the run that was cut off has ended, and the account was seen.
    expect(touched).toEqual([
      `account_channel_map ${map?.["id"]}`,
      "ingestion_runs run0",
      `telegram_accounts ${accountId}`,
    ])
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
