import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import postgres from "postgres"
import { describe, expect, it } from "vitest"
import { type AppRequestKind, appRequestKinds } from "../../db/app-requests.ts"
import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { LIBRARY, RunningWorker } from "../running-worker.ts"
import { WebApp } from "./requests-web-app.ts"

const KIBIBYTE = 1024
const alice = "15550001001"
const bob = "15550001002"

const worldIn = async (folder: string): Promise<World> => ({
  accounts: [
    { phone: alice, firstName: "Alice", code: "12345" },
    { phone: bob, firstName: "Bob", code: "12345" },
  ],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel",
      members: [alice],
      messages: [{ file: await makeArchive(folder, "Dragon.zip", 900 * KIBIBYTE) }],
    },
    { name: "open", title: "Open", kind: "channel", username: "open_minis" },
    { name: "own", title: "Own", kind: "channel", members: [alice, bob], admins: [alice, bob] },
    {
      name: LIBRARY,
      title: "Library",
      kind: "channel",
      members: [alice, bob],
      admins: [alice, bob],
      messages: [{ file: await makeArchive(folder, "Old.zip", 90 * KIBIBYTE) }],
    },
  ],
})

const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle' having count(*) = 2`
const accountId = async (worker: RunningWorker, name: string): Promise<string> =>
  String((await worker.query(`select "id" from telegram_accounts where "displayName" = '${name}'`))[0]?.["id"])
const nothingOpen = "select 1 as open from stash_app_requests"

type Outcome = { readonly status: string; readonly error: string | null }

/** Holds a table against all writers for a while, on a session of its own. */
class Blocker implements AsyncDisposable {
  readonly #sql: postgres.Sql

  constructor(databaseUrl: string) {
    this.#sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  }

  async lock(table: string): Promise<void> {
    await this.#sql.unsafe(`begin; lock table ${table} in exclusive mode`)
  }

  async release(): Promise<void> {
    await this.#sql.unsafe("rollback")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.end()
  }
}

/** How the app asks for something of this kind, and how it looks for the answer. Prepared before anything is held up. */
const asksOf = async (
  kind: AppRequestKind,
  worker: RunningWorker,
  app: WebApp,
  uploads: string,
): Promise<() => Promise<() => Promise<Outcome>>> => {
  const byRow = (ask: Promise<string>) => ask.then((id) => () => app.fetchRequest(id))
  switch (kind) {
    case "channel_fetch": {
      const ana = await accountId(worker, "Alice")
      return () => byRow(app.fetchChannels(ana))
    }
    case "join_channel":
      return () => byRow(app.joinChannelByLink("@open_minis"))
    case "create_destination":
      return () => byRow(app.createDestinationViaWorker("New library"))
    case "rebuild_packages":
      return () => byRow(app.rebuildPackageDatabase())
    case "generate_invite": {
      // It has no row: the app shows the link that there is. Of the first destination one is made without being asked for.
      await worker.until("a link", `select 1 as ok from global_settings where "key" = 'destination_invite_link'`)
      const before = await app.inviteLink()
      const [own] = await worker.query(`select "id" from telegram_channels where "title" = 'Own'`)
      return async () => {
        await app.setGlobalDestination(String(own?.["id"]))
        return async () => ({
          status: (await app.inviteLink()) === before ? "IN_PROGRESS" : "COMPLETED",
          error: null,
        })
      }
    }
    case "archive_extract": {
      const [dragon] = await worker.query(`
        select p."id", f."path" from packages p join package_files f on f."packageId" = p."id" limit 1`)
      return () =>
        app.extract(String(dragon?.["id"]), String(dragon?.["path"])).then((id) => () => app.extractRequest(id))
    }
    case "manual_upload": {
      const content = await readFile(await makeArchive(worker.folder, "Own.zip", 90 * KIBIBYTE))
      return async () => {
        const id = await app.upload(uploads, [{ name: "Own.zip", content }])
        return () => app.uploadRequest(id).then(({ errorMessage, status }) => ({ status, error: errorMessage }))
      }
    }
  }
}

describe("what the web app asks", () => {
  it("is done though nobody heard of it, or says in plain words why not", async () => {
    await using worker = await RunningWorker.prepare(worldIn)
    await using app = new WebApp(worker.databaseUrl)
    worker.start()
    await worker.until("two idle accounts", isIdle)
    await worker.stop()

    const [ana, ben] = [await accountId(worker, "Alice"), await accountId(worker, "Bob")]
    // Notifications of a time without a worker, and a row that a killed one has left.
    const missed = await app.fetchChannels(ana)
    const left = await app.createFetchRequest(ben)
    await worker.query(`update channel_fetch_requests set "status" = 'IN_PROGRESS' where "id" = '${left}'`)
    const [own] = await worker.query(`select "id" from telegram_channels where "title" = 'Own'`)
    const linkIsOld = `update global_settings set "updatedAt" = "updatedAt" - interval '1 hour'
      where "key" = 'destination_invite_link'`
    await app.setGlobalDestination(String(own?.["id"]))
    await worker.query(linkIsOld)
    const linkBefore = await app.inviteLink()
    worker.start()
    const answers = await Promise.all([missed, left].map((id) => app.ended(() => app.fetchRequest(id))))
    for (const { result, status } of answers) {
      expect(status).toBe("COMPLETED")
      expect(result).toContainEqual(expect.objectContaining({ title: "Library", alreadyLinked: true }))
    }
    await worker.until(
      "another invite link",
      `select 1 as ok from global_settings where "key" = 'destination_invite_link' and "value" <> '${linkBefore}'`,
    )

    // A row that came while the connection for notifications was away.
    await worker.until("two idle accounts", isIdle)
    const unheard = await app.createFetchRequest(ana)
    const [library] = await worker.query(`select "id" from telegram_channels where "title" = 'Library'`)
    const linkBetween = await app.inviteLink()
    await worker.query(linkIsOld)
    await app.chooseDestination(String(library?.["id"]))
    await worker.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'stash:supervisor listen'`)
    expect(await app.ended(() => app.fetchRequest(unheard))).toMatchObject({ status: "COMPLETED" })
    await worker.until(
      "a link of the other destination",
      `select 1 as ok from global_settings where "key" = 'destination_invite_link' and "value" <> '${linkBetween}'`,
    )

    // Nobody can do it.
    await worker.query(`update telegram_accounts set "isActive" = false`)
    await worker.until(
      "no cell",
      `select 1 as ok from pg_stat_activity where application_name like 'lock:%'
      and datname = current_database() having count(*) = 0`,
    )
    const asked = [await app.createFetchRequest(ana), await app.createFetchRequest(ana)] as const
    await app.notify("channel_fetch", asked[0])
    await app.notify("join_channel", JSON.stringify({ requestId: asked[1], input: "@nobody", accountId: ana }))
    await worker.until("both noted", `select 1 as ok from stash_app_requests having count(*) = 2`)
    await worker.query(`update stash_app_requests set "waitingSince" = "waitingSince" - interval '1 minute'`)
    const [fetched, joined] = await Promise.all(asked.map((id) => app.ended(() => app.fetchRequest(id))))
    expect(fetched).toMatchObject({
      status: "FAILED",
      error: expect.stringMatching(/^the account Alice is not running now/),
    })
    expect(joined).toMatchObject({ status: "FAILED", error: expect.stringContaining("no account is running") })
    expect(await worker.query(nothingOpen)).toEqual([])
    expect(await worker.stop()).toBe(0)
  }, 240_000)

  it("calls the accounts that it names to their sources, and no others", async () => {
    await using worker = await RunningWorker.prepare(worldIn)
    await using app = new WebApp(worker.databaseUrl)
    worker.start()
    await worker.until("two idle accounts", isIdle)
    const runs = async (name: string) => {
      const [row] = await worker.query(`select count(*)::int as n from ingestion_runs r
        join telegram_accounts a on a."id" = r."accountId" where a."displayName" = '${name}'`)
      return Number(row?.["n"])
    }
    const before = { alice: await runs("Alice"), bob: await runs("Bob") }
    await app.triggerIngestion(await accountId(worker, "Bob"))
    await worker.until(
      "Bob's next run",
      `select 1 as ok from ingestion_runs r join telegram_accounts a on a."id" = r."accountId"
         where a."displayName" = 'Bob' and r."status" = 'COMPLETED' having count(*) > ${before.bob}`,
    )
    expect(await runs("Alice")).toBe(before.alice)
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  /** What each kind hangs at: a call of Telegram, or, since TDLib knows its chats by then, a table. */
  const holds: Readonly<Record<AppRequestKind, { readonly method: string } | { readonly table: string }>> = {
    channel_fetch: { table: "telegram_channels" },
    join_channel: { method: "channels.joinChannel" },
    create_destination: { method: "messages.exportChatInvite" },
    generate_invite: { method: "messages.exportChatInvite" },
    rebuild_packages: { method: "upload.getFile" },
    archive_extract: { method: "upload.getFile" },
    manual_upload: { method: "upload.saveFilePart" },
  }
  it.each(appRequestKinds)(
    "is gone on with when the worker is killed in the middle: %s",
    async (kind) => {
      await using worker = await RunningWorker.prepare(worldIn)
      await using app = new WebApp(worker.databaseUrl)
      const uploads = join(worker.folder, "uploads")
      await mkdir(uploads)
      const settings = { UPLOAD_DIR: uploads }
      worker.start(settings)
      await worker.until("a package", `select 1 as ok from packages where "fileCount" > 0`)
      await worker.until("two idle accounts", isIdle)
      const asked = await asksOf(kind, worker, app, uploads)

      await using blocker = new Blocker(worker.databaseUrl)
      const hold = holds[kind]
      if ("table" in hold) await blocker.lock(hold.table)
      else await worker.post("/faults", { method: hold.method, effect: { hold: "before" }, times: "always" })
      const outcome = await asked()
      await worker.until(
        "the request is under way",
        `select 1 as ok from stash_app_requests where "kind" = '${kind}' and "leaseUntil" > now()`,
      )
      if ("method" in hold) await worker.sandbox.wait({ for: "fault", id: 1 })
      expect((await outcome()).status).toMatch(kind === "manual_upload" ? /^PROCESSING$/ : /^IN_PROGRESS$/)
      await worker.kill()
      await blocker.release()
      await fetch(new URL("/faults", worker.sandbox.controlUrl), { method: "DELETE" })

      worker.start(settings)
      expect(await app.ended(outcome)).toMatchObject({ status: "COMPLETED", error: null })
      const made = worker.sandbox.state().channels.filter(({ title }) => title === "New library")
      expect(made).toHaveLength(kind === "create_destination" ? 1 : 0)
      expect(worker.library.filter(({ name }) => name === "Own.zip")).toHaveLength(kind === "manual_upload" ? 1 : 0)
      await worker.until("nothing open", `select 1 as ok from stash_app_requests having count(*) = 0`)
      expect(await worker.stop()).toBe(0)
    },
    180_000,
  )
})
