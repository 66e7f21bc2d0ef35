import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Database } from "../../db/database.ts"
import { REQUEST_CHANNEL } from "../../db/requests.ts"
import { run } from "../../db/statement.ts"
import { freshDatabase } from "../../test/fresh-database.ts"
import { LoginAnswers } from "./login-answers.ts"
import { hearOrders, Orders } from "./orders.ts"
import { AppRequestBell, RequestBell } from "./request-bell.ts"
import { Wake } from "./wake.ts"

describe("a supervisor that hears its database", () => {
  it.live(
    "rings when an account is asked for something, and when its connection was away, as then it may have been",
    () =>
      Effect.gen(function* () {
        const url = yield* Effect.promise(freshDatabase)
        yield* Effect.gen(function* () {
          const { heard } = yield* RequestBell
          yield* Effect.forkScoped(hearOrders)
          const ask = run("ask", (sql) => sql`select pg_notify(${REQUEST_CHANNEL}, 'a1')`)
          const rung = Effect.timeout(heard("a1"), "20 seconds")
          // Until it listens, nobody hears.
          yield* Effect.raceFirst(rung, Effect.forever(Effect.andThen(ask, Effect.sleep("50 millis"))))
          yield* Effect.ignore(Effect.timeout(heard("a1"), "500 millis"))
          yield* run(
            "cut the connection",
            (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and application_name like '%listen'`,
          )
          yield* rung
        }).pipe(
          Effect.provide(
            Layer.mergeAll(Wake.layer, Orders.layer, RequestBell.layer, AppRequestBell.layer, LoginAnswers.layer).pipe(
              Layer.provideMerge(Database.layer({ url, max: 2, applicationName: "test" })),
            ),
          ),
        )
      }).pipe(Effect.scoped),
    60_000,
  )
})
