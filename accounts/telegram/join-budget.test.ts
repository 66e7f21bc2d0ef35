import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { addAccount } from "../../db/accounts.ts"
import { Database } from "../../db/database.ts"
import { SafeInteger } from "../../db/row.ts"
import { rows, run } from "../../db/statement.ts"
import { cellConfigIn } from "../../test/cell-config.ts"
import { freshDatabase } from "../../test/fresh-database.ts"
import { AccountConfig } from "../account-config.ts"
import { withJoinBudget } from "./join-budget.ts"

describe("joins", () => {
  it.live("are made while the budget has room, and then not even tried, whatever life the account is in", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(freshDatabase)
      const database = Database.layer({ url, max: 2, applicationName: "test" })
      const { id } = yield* Effect.provide(addAccount({ phone: "15550001001", displayName: null }), database)
      let joined = 0
      const join = withJoinBudget(
        "join",
        Effect.sync(() => {
          joined += 1
        }),
      )
      yield* Effect.gen(function* () {
        yield* join
        yield* run(
          "joins of today",
          (sql) => sql`
            insert into stash_counted_moves ("accountId", "move", "at")
            select ${id}, 'join', now() - interval '1 hour' from generate_series(1, 19)`,
        )
        const error = yield* Effect.flip(join)
        assert.strictEqual(error._tag, "JoinBudgetSpent")
        assert.include(error.message, "try again after 20")
        const [count] = yield* rows(
          "count",
          Schema.Struct({ n: SafeInteger }),
          (sql) => sql`select count(*) as n from stash_counted_moves`,
        )
        assert.deepStrictEqual([joined, count?.n], [1, 20])
        yield* withJoinBudget("invite check", Effect.void)
      }).pipe(
        Effect.provide(
          Layer.merge(
            database,
            Layer.succeed(
              AccountConfig,
              cellConfigIn("unused", { accountId: id, phone: "15550001001", databaseUrl: url }),
            ),
          ),
        ),
      )
    }),
  )
})
