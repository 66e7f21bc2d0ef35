import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inspect } from "../../src/adopt/adopt.ts"
import { loadConfig } from "../../src/config.ts"
import { emptyDatabase, withDatabase } from "../fresh-database.ts"
import { predecessorDatabase } from "../predecessor/predecessor-database.ts"

describe("what adopting an installation would meet", () => {
  let url: string
  let folder: string
  let sql: postgres.Sql
  const open = (place = url) => postgres(place, { max: 1, onnotice: () => undefined })
  beforeAll(async () => {
    url = await predecessorDatabase(400)
    folder = await mkdtemp(join(tmpdir(), "stash-adopt-"))
    sql = open()
  })
  afterAll(async () => {
    await sql?.end()
    await rm(folder, { recursive: true, force: true })
  })

  const findings = async (environment: Readonly<Record<string, string>> = {}) => {
    const credentials = { TELEGRAM_API_ID: "1", TELEGRAM_API_HASH: "0123456789abcdef0123456789abcdef" }
    const config = loadConfig({ DATABASE_URL: url, STASH_DATA_DIR: folder, ...credentials, ...environment })
    const inspection = await Effect.runPromise(Effect.flatMap(config, inspect))
    return inspection.findings
  }
  const blockers = async (environment?: Readonly<Record<string, string>>) =>
    (await findings(environment)).filter(({ kind }) => kind === "blocker").map(({ what }) => what)
  const session = async (text: string) => {
    const former = open()
    await former.unsafe(text)
    return former
  }

  it("is told of everything in the library, the sources and the accounts that a worker will not mend by itself", async () => {
    const found = await findings()
    expect(found.filter(({ kind }) => kind === "blocker")).toEqual([])
    const warnings = found.filter(({ kind }) => kind === "warning")
    expect(warnings.map(({ what }) => what)).toEqual([
      expect.stringContaining("Alice was logged in, and has no session"),
      expect.stringContaining("account2 was logged in, and has no session"),
      expect.stringContaining("Carol was logged in, and has no session"),
      expect.stringContaining('"A small group" (-4001) is no channel'),
      expect.stringContaining(
        '"Enabled, and read by nobody" (-1009000000004) is enabled, and no active account reads it',
      ),
      expect.stringContaining("20 packages that the former worker rebuilt"),
      expect.stringContaining("20 packages of several parts, of which only the first message is known"),
    ])
    expect(warnings.filter(({ remedy }) => remedy === undefined)).toEqual([])
    const notes = found.filter(({ kind }) => kind === "note").map(({ what }) => what)
    for (const note of [
      "Dave is switched off",
      "Eve was never logged in",
      "18 requests of the web app",
      "60 archives on the list of skipped ones",
      "2 topics of forums",
      "400 packages: kept as they are",
      "20 packages without messages",
      "40 packages without a list of files",
      "20 packages in another destination",
    ])
      expect(notes).toContainEqual(expect.stringContaining(note))
  })

  it.each([
    ["listens for the app's requests", "listen manual_upload"],
    ["holds an account's lock", "select pg_try_advisory_lock(5)"],
  ])("is refused while the former worker is at work: it %s", async (_, text) => {
    const former = await session(text)
    expect(await blockers()).toEqual([expect.stringContaining("the former worker is running: it has 1 session")])
    await former.end()
    // The server ends a session after its client has gone.
    await expect.poll(() => blockers(), { timeout: 10_000 }).toEqual([])
  })

  it("is not kept waiting by the bot, which listens too", async () => {
    const bot = await session("listen new_package")
    expect(await blockers()).toEqual([])
    await bot.end()
  })

  it("is refused while the web app's own migrations are not through", async () => {
    const name = "20260502000000_add_is_premium_to_telegram_account"
    await sql`update "_prisma_migrations" set "finished_at" = null where "migration_name" = ${name}`
    expect(await blockers()).toEqual([
      expect.stringContaining("did not come to its end"),
      expect.stringContaining(`${name} has not run`),
    ])
    await sql`delete from "_prisma_migrations" where "migration_name" = ${name}`
    expect(await blockers()).toEqual([expect.stringContaining(`${name} has not run`)])
    await sql`
      insert into "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name") values ('x', 'x', now(), ${name})`
    expect(await blockers()).toEqual([])
  })

  it("is refused to a role that may not change the app's tables", async () => {
    const role = `reader_${new URL(url).pathname.slice(1)}`
    await sql.unsafe(`create role ${role} login password 'x'; grant pg_read_all_data to ${role}`)
    const limited = new URL(url)
    limited.username = role
    limited.password = "x"
    expect(await blockers({ DATABASE_URL: limited.href })).toContainEqual(
      expect.stringContaining("the role of DATABASE_URL may not change packages"),
    )
  })

  it("finds nothing to adopt in a database without an installation", async () => {
    expect(await blockers({ DATABASE_URL: await emptyDatabase() })).toEqual(["this database holds no installation"])
  })

  it("is told of settings that the former worker's compose file brings along", async () => {
    const found = await findings({ WORKER_MAX_ZIP_SIZE_MB: "4096" })
    expect(found).toContainEqual(
      expect.objectContaining({ kind: "warning", what: expect.stringContaining("WORKER_MAX_ZIP_SIZE_MB is 4096") }),
    )
    expect(await blockers({ TELEGRAM_API_ID: "" })).toEqual(["TELEGRAM_API_ID is not set"])
  })

  it("fails with what is wrong when the database cannot be reached", async () => {
    const nowhere = withDatabase(url, "no_such_database")
    await expect(findings({ DATABASE_URL: nowhere })).rejects.toThrow("no_such_database")
  })
})
