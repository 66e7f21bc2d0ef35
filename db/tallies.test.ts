import { Effect, Schema } from "effect"
import fc from "fast-check"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { channelOverviews } from "./channel-overview.ts"
import { upsertChannel } from "./channels.ts"
import type { Database, DatabaseError } from "./database.ts"
import { libraryTotals } from "./library-totals.ts"
import { SafeInteger } from "./row.ts"
import { one, rows, run } from "./statement.ts"
import { addUpTallies } from "./tallies.ts"

let ana = ""
let channels: ReadonlyArray<string> = []
let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ ana, check } = await twoAccounts())
  const channel = { type: "SOURCE", isForum: false, isActive: true } as const
  channels = await check(
    Effect.forEach([1, 2], (n) =>
      Effect.map(upsertChannel({ ...channel, telegramId: -n, title: `Source ${n}` }), ({ id }) => id),
    ),
  )
})

const write = (change: number, n: number): Effect.Effect<unknown, DatabaseError, Database> => {
  const channel = channels[n % 2] ?? ""
  switch (change % 8) {
    case 0:
    case 1:
      return run(
        "see a set",
        (sql) => sql`
          insert into stash_claims ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes")
          values (${channel}, ${n}, ${ana}, 1, 'published', 'a.zip', 1, 1) on conflict do nothing`,
      )
    case 2:
      return run("forget a set", (sql) => sql`delete from stash_claims where "firstMessageId" = ${n}`)
    case 3:
    case 4:
      return run(
        "publish",
        (sql) => sql`
          insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId", "destMessageId")
          values (${`${n}`}, ${`${n}`}, 'a.zip', ${100 + n}, 'ZIP', ${channel}, ${n}, ${n})
          on conflict ("contentHash") do update set "destMessageId" = excluded."destMessageId"`,
      )
    case 5:
      return run("lose messages", (sql) => sql`update "packages" set "destMessageId" = null where "id" = ${`${n}`}`)
    case 6:
      return run("delete a package", (sql) => sql`delete from "packages" where "id" = ${`${n}`}`)
    default:
      return Effect.all([addUpTallies(), addUpTallies()], { concurrency: 2 })
  }
}

const counted = Effect.gen(function* () {
  const { packageBytes, packages } = yield* libraryTotals()
  return { packages, packageBytes, sets: (yield* channelOverviews()).map(({ sets }) => sets) }
})

/** The same, counted row by row. */
const trueCounts = Effect.gen(function* () {
  const packages = yield* one(
    "packages",
    Schema.Struct({ packages: SafeInteger, packageBytes: SafeInteger }),
    (sql) => sql`
      select count(*) as "packages", coalesce(sum("fileSize"), 0)::bigint as "packageBytes"
      from "packages" where "destMessageId" is not null`,
  )
  const sets = yield* rows(
    "sets",
    Schema.Struct({ sets: SafeInteger }),
    (sql) => sql`
      select (select count(*) from stash_claims where "sourceChannelId" = c."id") as "sets"
      from "telegram_channels" c order by c."title"`,
  )
  return { ...packages, sets: sets.map(({ sets }) => sets) }
})

describe("the counts of packages and sets", () => {
  it("are true after every change, and while they are added up", async () => {
    const changes = fc.array(fc.tuple(fc.nat(7), fc.nat(5)), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(changes, (wanted) =>
        check(
          Effect.gen(function* () {
            yield* Effect.forEach(wanted, ([change, n]) => write(change, n), { concurrency: 4 })
            expect(yield* counted).toEqual(yield* trueCounts)
          }),
        ),
      ),
      { numRuns: 30 },
    )
  }, 60_000)

  it("take few rows when they were added up, and none of a channel that is gone", async () => {
    const tallies = one(
      "tallies",
      Schema.Struct({ rows: SafeInteger }),
      (sql) => sql`select count(*) as "rows" from stash_tallies`,
    ).pipe(Effect.map(({ rows }) => rows))
    await check(
      Effect.gen(function* () {
        yield* Effect.forEach([10, 11, 12, 13], (n) => Effect.all([write(0, n), write(3, n)]))
        yield* addUpTallies()
        expect(yield* tallies).toBe(3)
        yield* run("no packages", (sql) => sql`delete from "packages"`)
        yield* run("no channel", (sql) => sql`delete from "telegram_channels" where "id" = ${channels[0] ?? ""}`)
        expect(yield* counted).toEqual({ packages: 0, packageBytes: 0, sets: [2] })
        yield* addUpTallies()
        expect(yield* tallies).toBe(1)
      }),
    )
  })
})
