import { Effect } from "effect"
import postgres from "postgres"
import { describe, expect, it } from "vitest"
import { migrate } from "../../db/migrate.ts"
import { emptyDatabase } from "../fresh-database.ts"
import { emptyPredecessorDatabase, predecessorDatabase } from "../predecessor/predecessor-database.ts"
import { describeSchema, lostRows, readRows } from "./app-tables.ts"

describe("our migrations on an existing installation", () => {
  it("leave every table, index, constraint, trigger and type of the app as it is, and every row", async () => {
    const url = await predecessorDatabase()
    const [schema, rows] = [await describeSchema(url), await readRows(url)]
    await Effect.runPromise(migrate(url))
    const after = await describeSchema(url)
    expect(schema.filter((line) => !after.includes(line))).toEqual([])
    expect(lostRows(rows, await readRows(url))).toEqual([])
    // What is added to the app's tables is named so that everybody sees whose it is.
    const added = after.filter((line) => !schema.includes(line))
    expect(added.length).toBeGreaterThan(0)
    expect(added.filter((line) => !/\bstash/i.test(line))).toEqual([])
  })

  it("count what the former worker has published", async () => {
    const url = await predecessorDatabase()
    await Effect.runPromise(migrate(url))
    const sql = postgres(url, { max: 1, onnotice: () => undefined })
    try {
      const [counted] = await sql`
        select sum("count")::int as packages, sum("bytes")::text as bytes from stash_tallies where "of" = 'packages'`
      expect(counted?.["packages"]).toBeGreaterThan(0)
      expect([counted]).toEqual([
        ...(await sql`
          select count(*)::int as packages, sum("fileSize")::text as bytes from packages where "destMessageId" is not null`),
      ])
    } finally {
      await sql.end()
    }
  })

  it("make on an empty database what the app's migrations make", async () => {
    const [url, ours] = [await emptyPredecessorDatabase(), await emptyDatabase()]
    await Effect.runPromise(migrate(ours))
    const made = new Set(await describeSchema(ours))
    // Tables that a worker has nothing to do with, and what binds others to them.
    const ofOthers =
      /\b(?:User|_prisma_migrations|bot_subscriptions|kickstarter\w*|DeliveryStatus|PaymentStatus|Role)\b/
    const missing = (await describeSchema(url)).filter((line) => !made.has(line) && !ofOthers.test(line))
    expect(missing).toEqual([])
  })
})
