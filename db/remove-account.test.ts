import { Effect, Exit, Schema } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { upsertChannel } from "./channels.ts"
import { Database } from "./database.ts"
import { belongingsOf, removeAccount } from "./remove-account.ts"
import { SafeInteger } from "./row.ts"
import { one, run } from "./statement.ts"

let ana = ""
let ben = ""
let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

const RUNS = 450
const SETS = 2_500
const PACKAGES = 30

/** Ana has worked on sets, of which every second one was skipped, in runs that packages came of. */
beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
  await check(
    Effect.gen(function* () {
      const channel = { telegramId: -1, title: "Source", type: "SOURCE" as const, isForum: false, isActive: true }
      const { id: source } = yield* upsertChannel(channel)
      yield* run(
        "sets",
        (sql) => sql`
          insert into stash_claims ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes")
          select ${source}, n, ${ana}, n, case n % 2 when 0 then 'skipped' else 'published' end, 'a.zip', 1, 1
          from generate_series(1, ${SETS}::int) n`,
      )
      yield* run(
        "skipped",
        (sql) => sql`
          insert into "skipped_packages" ("id", "fileName", "fileSize", "reason", "sourceChannelId", "sourceMessageId", "accountId")
          select "firstMessageId"::text, "setName", 1, 'DOWNLOAD_FAILED', "sourceChannelId", "firstMessageId", "accountId"
          from stash_claims where "state" = 'skipped'`,
      )
      yield* run(
        "runs",
        (sql) => sql`
          insert into "ingestion_runs" ("id", "accountId") select 'run' || n, ${ana} from generate_series(1, ${RUNS}::int) n`,
      )
      yield* run(
        "packages",
        (sql) => sql`
          insert into "packages"
            ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId", "ingestionRunId")
          select n::text, n::text, 'a.zip', 1, 'ZIP', ${source}, n, 'run' || n from generate_series(1, ${PACKAGES}::int) n`,
      )
    }),
  )
})

const standing = () =>
  check(
    one(
      "standing",
      Schema.Struct({
        accounts: SafeInteger,
        sets: SafeInteger,
        skipped: SafeInteger,
        skippedOfBen: SafeInteger,
        runs: SafeInteger,
        packages: SafeInteger,
        packagesWithRun: SafeInteger,
      }),
      (sql) => sql`
        select (select count(*) from "telegram_accounts") as "accounts",
               (select count(*) from stash_claims where "accountId" = ${ana}) as "sets",
               (select count(*) from "skipped_packages") as "skipped",
               (select count(*) from "skipped_packages" where "accountId" = ${ben}) as "skippedOfBen",
               (select count(*) from "ingestion_runs") as "runs",
               (select count(*) from "packages") as "packages",
               (select count(*) from "packages" where "ingestionRunId" is not null) as "packagesWithRun"`,
    ),
  )

/** A database on which the work is interrupted right after so many writing statements. */
const cutAfter = <A, E>(statements: number, work: Effect.Effect<A, E, Database>) =>
  Effect.gen(function* () {
    const whole = yield* Database
    let left = statements
    const cut = (database: (typeof Database)["Service"]): (typeof Database)["Service"] =>
      Database.of({
        ...database,
        run: (statement, query) =>
          Effect.tap(database.run(statement, query), () => {
            left -= 1
            return left === 0 ? Effect.interrupt : Effect.void
          }),
        transaction: (name, inner) =>
          database.transaction(
            name,
            Effect.flatMap(Database, (bound) => Effect.provideService(inner, Database, cut(bound))),
          ),
      })
    return yield* Effect.provideService(work, Database, cut(whole))
  })

const removed = {
  ...{ accounts: 1, sets: SETS, skipped: SETS / 2, skippedOfBen: SETS / 2 },
  ...{ runs: 0, packages: PACKAGES, packagesWithRun: 0 },
}

describe("an account that is removed", () => {
  it("leaves its sets known, its packages in the library, and its skipped sets to the other account", async () => {
    expect(await check(belongingsOf(ana))).toEqual({ channelLinks: 0, runs: RUNS, claims: SETS, openPublications: 0 })
    await check(removeAccount(ana))
    expect(await standing()).toEqual(removed)
  })

  it("loses nothing when its removal is interrupted after any statement, and is removed by the next try", async () => {
    for (let statements = 1; ; statements++) {
      const exit = await check(Effect.exit(cutAfter(statements, removeAccount(ana))))
      const left = await standing()
      expect(left).toMatchObject({ sets: SETS, skipped: SETS / 2, packages: PACKAGES })
      if (Exit.isSuccess(exit)) break
      expect(left.accounts).toBe(2)
    }
    expect(await standing()).toEqual(removed)
  })

  it("stays, with its sets, while a publication of it is open", async () => {
    await check(
      run(
        "a publication",
        (sql) => sql`
          insert into stash_publications ("contentHash", "accountId", "token", "sourceChannelId", "firstMessageId", "destChannelId",
                                          "destChatId", "afterMessageId", "tag", "directory", "stub")
          select 'hash', ${ana}, 1, "id", 1, "id", -1, 1, 'tag', '/tmp/set', '{}' from "telegram_channels"`,
      ),
    )
    expect(await check(Effect.flip(removeAccount(ana)))).toMatchObject({ reason: "refused" })
    expect(await standing()).toMatchObject({ accounts: 2, sets: SETS, skipped: SETS / 2, packages: PACKAGES })
  })

  it("leaves its sets known when there is no other account", async () => {
    await check(removeAccount(ben))
    await check(removeAccount(ana))
    expect(await standing()).toEqual({ ...removed, accounts: 0, skipped: 0, skippedOfBen: 0 })
  })
})
