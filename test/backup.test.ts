import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { emptyDatabase, freshDatabase } from "./fresh-database.ts"
import { oneSource } from "./one-source.ts"
import { RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

const worldOf = (file: string) => oneSource(phone, [{ file }])

const isIdle = `select 1 as ok from stash_account_states where "state" = 'idle'`

describe("a backup of an installation", () => {
  it("is taken from a stopped one alone, and goes on elsewhere where that one ended", async () => {
    let castle = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      castle = await makeArchive(folder, "Castle.zip", 200 * KIBIBYTE)
      return worldOf(await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE))
    })
    const file = join(worker.folder, "backup.tar.gz")
    worker.start()
    await worker.untilSettled(1)
    await worker.until("an idle account", isIdle)
    expect(await worker.typing([], "backup", file)).toMatchObject({
      code: 1,
      said: expect.stringContaining("a worker is running"),
    })
    expect(await worker.stop()).toBe(0)
    expect(await worker.stash("backup", file)).toMatchObject({ accounts: 1 })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await worker.typing([], "backup", file)).toMatchObject({ said: expect.stringContaining("exists already") })

    const occupied = await worker.typing([], "restore", file, "--yes")
    expect(occupied).toMatchObject({ code: 1, said: expect.stringContaining("is not empty") })
    worker.moveTo(join(worker.folder, "elsewhere"), await emptyDatabase())
    expect(await worker.stash("restore", file)).toMatchObject({ dryRun: true, accounts: 1 })
    expect(await worker.stash("migrate", "--dry-run")).toMatchObject({
      migrations: expect.arrayContaining(["0002_stash"]),
    })
    expect(await worker.stash("restore", file, "--yes")).toMatchObject({ dryRun: false, accounts: 1 })
    expect(await worker.stash("migrate")).toMatchObject({ migrations: [] })

    // It is logged in still, knows what it has, and numbers what it claims and tells on from where it was.
    const codes = worker.sandbox.log.read({ method: "auth.sendCode" }).length
    await worker.post("/messages", { channel: "source", file: castle })
    worker.start()
    await worker.untilSettled(2)
    expect(worker.sandbox.log.read({ method: "auth.sendCode" })).toHaveLength(codes)
    expect(worker.library.map(({ name }) => name)).toEqual(["Dragon.zip", "Castle.zip"])
    const [events] = await worker.query(
      `select count(*)::int as count, count(distinct "id")::int as ids from stash_events`,
    )
    expect(events?.["count"]).toBe(events?.["ids"])
    expect(await worker.stop()).toBe(0)
  }, 240_000)

  it("is refused, and changes nothing, when it is damaged or there is something already", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      worldOf(await makeArchive(folder, "Dragon.zip", 1000)),
    )
    const file = join(worker.folder, "backup.tar.gz")
    await worker.stash("backup", file)
    const occupied = await worker.typing([], "restore", file, "--yes")
    expect(occupied).toMatchObject({ code: 1, said: expect.stringContaining("the database holds a library") })

    const content = await readFile(file)
    content[Math.floor(content.length / 2)] = 0xff & ~(content[Math.floor(content.length / 2)] ?? 0)
    const damagedFile = join(worker.folder, "damaged.tar.gz")
    await writeFile(damagedFile, content)
    worker.moveTo(join(worker.folder, "elsewhere"), await freshDatabase())
    const damaged = await worker.typing([], "restore", damagedFile, "--yes")
    expect(damaged).toMatchObject({ code: 1, said: expect.stringMatching(/the backup (is damaged|cannot be read)/) })
    expect(await worker.query(`select 1 from telegram_accounts`)).toEqual([])
    // Into a database that was migrated, and is empty otherwise.
    expect(await worker.stash("restore", file, "--yes")).toMatchObject({ dryRun: false })
    expect(await worker.query(`select "phone" from telegram_accounts`)).toEqual([{ phone }])
  }, 240_000)
})
