import { describe, expect, it } from "vitest"
import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { LIBRARY, RunningWorker } from "../running-worker.ts"
import { WebApp } from "./requests-web-app.ts"

const MEBIBYTE = 1024 * 1024
const alice = "15550001001"
const bob = "15550001002"

const worldWith = (dragon: string): World => ({
  accounts: [
    { phone: alice, firstName: "Alice", code: "12345" },
    { phone: bob, firstName: "Bob", code: "12345" },
  ],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [alice], messages: [{ file: dragon }] },
    { name: "forum", title: "Forum", kind: "supergroup", forum: true, members: [alice] },
    { name: "open", title: "Open", kind: "channel", username: "open_minis" },
    { name: "closed", title: "Closed", kind: "channel", invites: [{ hash: "asktojoin1234567", requestNeeded: true }] },
    { name: LIBRARY, title: "Library", kind: "channel", members: [alice, bob], admins: [alice, bob] },
  ],
})

const hasLogins = (count: number) =>
  `select 1 as ok from telegram_accounts where "authState" = 'AUTHENTICATED' having count(*) = ${count}`
const isUploading = "select 1 as ok from stash_publication_parts"

const accountId = async (worker: RunningWorker, name: string): Promise<string> => {
  const [row] = await worker.query(`select "id" from telegram_accounts where "displayName" = '${name}'`)
  return String(row?.["id"])
}

const joined = async (app: WebApp, input: string) => {
  const id = await app.joinChannelByLink(input)
  return app.ended(() => app.fetchRequest(id))
}

const created = async (app: WebApp, title: string) => {
  const id = await app.createDestinationViaWorker(title)
  return app.ended(() => app.fetchRequest(id))
}

describe("what the web app asks about chats, and of sources", () => {
  it("is answered while a long upload goes on, as its pages expect it", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldWith(await makeArchive(folder, "Dragon.zip", 24 * MEBIBYTE)),
    )
    await using app = new WebApp(worker.databaseUrl)
    await worker.query(`delete from account_channel_map where "channelId" in
      (select "id" from telegram_channels where "title" not in ('Source', 'Library'))`)
    await worker.query(`delete from telegram_channels where "title" not in ('Source', 'Library')`)
    worker.start({ STASH_MAX_UPLOAD_MBIT: "1" })
    await worker.until("two logins", hasLogins(2))
    await worker.until("an upload", isUploading)

    const ana = await accountId(worker, "Alice")
    const fetched = await app.fetchChannels(ana)
    const { error, result, status } = await app.ended(() => app.fetchRequest(fetched))
    expect({ error, status }).toEqual({ error: null, status: "COMPLETED" })
    const picked = (result as ReadonlyArray<Record<string, unknown>>).toSorted((a, b) =>
      String(a["title"]).localeCompare(String(b["title"])),
    )
    expect(picked).toMatchObject([
      { title: "Forum", type: "supergroup", isForum: true, alreadyLinked: false, existingChannelId: null },
      { title: "Library", type: "channel", isForum: false, alreadyLinked: true },
      { title: "Source", type: "channel", isForum: false, alreadyLinked: true },
    ])
    for (const { chatId } of picked) expect(chatId).toMatch(/^-100\d+$/)
    expect(
      await worker.query(`select "type"::text, "isActive" from telegram_channels where "title" = 'Forum'`),
    ).toEqual([{ type: "SOURCE", isActive: false }])

    const open = await joined(app, "@open_minis")
    expect(open).toMatchObject({ status: "COMPLETED", result: { title: "Open", type: "channel", isForum: false } })
    expect(
      await worker.query(`
        select c."isActive", m."role"::text from telegram_channels c join account_channel_map m on m."channelId" = c."id"
        where c."title" = 'Open'`),
    ).toEqual([{ isActive: true, role: "READER" }])
    for (const [wanted, why] of [
      ["https://t.me/+asktojoin1234567", "Join request sent"],
      ["not a name!", "names no chat"],
    ] as const) {
      const refused = await joined(app, wanted)
      expect(refused).toMatchObject({ status: "FAILED", error: expect.stringContaining(why) })
    }

    const [library] = await worker.query(`select "id" from telegram_channels where "title" = 'Library'`)
    await app.setGlobalDestination(String(library?.["id"]))
    await worker.until("an invite link", `select 1 as ok from global_settings where "key" = 'destination_invite_link'`)
    expect(await app.inviteLink()).toMatch(/^https:\/\/t\.me\/\+/)

    const made = await created(app, " New library ")
    expect(made).toMatchObject({ status: "COMPLETED", result: { title: "New library" } })
    const { channelId, inviteLink, telegramId } = made.result as Record<string, string>
    expect(telegramId).toMatch(/^-100\d+$/)
    expect(await app.inviteLink()).toBe(inviteLink)
    expect(
      await worker.query(`
        select g."value", c."type"::text, c."isActive",
               (select count(*)::int from account_channel_map m where m."channelId" = c."id" and m."role" = 'WRITER') as writers
        from global_settings g join telegram_channels c on c."id" = g."value" where g."key" = 'destination_channel_id'`),
    ).toEqual([{ value: channelId, type: "DESTINATION", isActive: true, writers: 2 }])
    await worker.until(
      "both have joined",
      `select 1 as ok from stash_requests where "state" = 'answered' and "answer"->'chat'->>'title' = 'New library'`,
    )
    const runs = `select 1 as ok from ingestion_runs where "accountId" = '${await accountId(worker, "Bob")}'`
    const before = (await worker.query(runs)).length
    await app.triggerIngestion(await accountId(worker, "Bob"))
    await worker.until("another run of Bob's", `${runs} having count(*) > ${before}`)
    // All of that came to its end before the upload did.
    expect(worker.library).toEqual([])
    expect(await worker.query("select 1 as open from stash_app_requests")).toEqual([])
    // The upload is not to be waited for.
    await worker.kill()
  }, 240_000)
})
