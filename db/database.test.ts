import { Deferred, Effect, Exit, Fiber, Option, Schedule, Schema, Stream } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { emptyDatabase } from "../test/fresh-database.ts"
import { Database, type DatabaseOptions, retryUnavailable } from "./database.ts"
import { SafeInteger } from "./row.ts"

let url = ""
beforeAll(async () => {
  url = await emptyDatabase()
  await check(run("create table t (n bigint primary key)"))
})

const check = <A, E>(work: Effect.Effect<A, E, Database>, options: Partial<DatabaseOptions> = {}) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test", ...options })))

const run = (statement: string) =>
  Effect.flatMap(Database, (database) => database.run("statement", (sql) => sql.unsafe(statement)))

const numbers = Effect.flatMap(Database, (database) =>
  database.rows("numbers", Schema.Struct({ n: SafeInteger }), (sql) => sql`select n from t order by n`),
)

const transaction = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.flatMap(Database, (database) => database.transaction("work", work))

const killOthers = (name: string) =>
  check(run(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`), { max: 1 })

describe("rows", () => {
  it("gives Telegram's ids as numbers", async () => {
    const one = Effect.flatMap(Database, (database) =>
      database.first(
        "one",
        Schema.Struct({ n: SafeInteger }),
        (sql) => sql`select ${"-1001234567890123"}::bigint as n`,
      ),
    )
    expect(await check(one)).toEqual(Option.some({ n: -1001234567890123 }))
  })

  it("refuses a number that does not fit, and names the column but not the value", async () => {
    const one = Effect.flatMap(Database, (database) =>
      database.rows("one", Schema.Struct({ n: SafeInteger }), (sql) => sql`select 9007199254740993::bigint as n`),
    )
    const error = await check(Effect.flip(one))
    expect(error).toMatchObject({ reason: "invalid_row", statement: "one" })
    expect(error.message).toContain("n")
    expect(error.message).not.toContain("900719925474099")
  })

  it("reads a timestamp without zone as UTC, whatever the machine's zone is", async () => {
    const one = Effect.flatMap(Database, (database) =>
      database.rows(
        "one",
        Schema.Struct({ at: Schema.Date }),
        (sql) => sql`select timestamp '2026-05-01 10:00:00' as at`,
      ),
    )
    expect(await check(one)).toEqual([{ at: new Date("2026-05-01T10:00:00Z") }])
  })
})

describe("errors", () => {
  it.each([
    ["select 1/0", "refused", "22012"],
    ["insert into t values (7), (7)", "conflict", "23505"],
    ["select pg_sleep(5)", "timeout", "57014"],
  ])("of %s have the reason %s", async (statement, reason, code) => {
    const error = await check(Effect.flip(run(statement)), { statementTimeout: "200 millis" })
    expect(error).toMatchObject({ reason, code })
  })

  it("say that the server is away when it is", async () => {
    const error = await check(
      Effect.flip(
        Effect.void.pipe(
          Effect.provide(Database.layer({ url: "postgresql://x:y@127.0.0.1:1/z", max: 1, applicationName: "test" })),
        ),
      ),
    )
    expect(error).toMatchObject({ reason: "unavailable" })
  })

  it("of a wrong password and of a wrong URL ask for the operator", async () => {
    const wrong = new URL(url)
    wrong.password = "wrong"
    for (const bad of [wrong.href, "mysql://x"]) {
      const error = await Effect.runPromise(
        Effect.flip(Effect.void.pipe(Effect.provide(Database.layer({ url: bad, max: 1, applicationName: "test" })))),
      )
      expect(error).toMatchObject({ reason: "refused" })
    }
  })

  it("never come from the parameters that Prisma adds to the URL", async () => {
    const options = { url: `${url}?schema=public&connection_limit=5&pool_timeout=30&sslmode=disable` }
    expect(await check(run("select 1"), options)).toBe(1)
  })
})

describe("a killed backend", () => {
  it("fails its statement as unavailable and leaves the others and the next ones alone", async () => {
    const outcome = await check(
      Effect.gen(function* () {
        const sleeping = yield* Effect.forkChild(Effect.flip(run("select pg_sleep(20)")))
        yield* Effect.repeat(
          run(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(20)%' and state = 'active'",
          ),
          { until: (killed) => killed > 0 },
        )
        return [(yield* Fiber.join(sleeping)).reason, yield* run("select 1")]
      }),
    )
    expect(outcome).toEqual(["unavailable", 1])
  })

  it("never hangs and never crashes under a storm of kills", async () => {
    const storm = Effect.gen(function* () {
      const reasons = new Set<string>()
      const work = transaction(Effect.andThen(run("select 1"), run("select pg_sleep(0.002)"))).pipe(
        Effect.catch((error) => Effect.sync(() => reasons.add(error.reason))),
      )
      const workers = yield* Effect.forEach([1, 2, 3, 4], () => Effect.forkChild(Effect.repeat(work, { times: 60 })))
      const killing = yield* Effect.forkChild(
        Effect.forever(Effect.promise(() => killOthers("storm")).pipe(Effect.delay("5 millis"))),
      )
      yield* Effect.forEach(workers, (worker) => Fiber.join(worker))
      yield* Fiber.interrupt(killing)
      return [[...reasons], yield* retryUnavailable(Schedule.recurs(10))(run("select 1"))]
    })
    expect(await check(storm, { applicationName: "storm" })).toEqual([["unavailable"], 1])
  })

  it("in the middle of an idle transaction fails the transaction and does not let its later statements run alone", async () => {
    const outcome = await check(
      Effect.exit(
        transaction(
          Effect.gen(function* () {
            yield* run("insert into t values (100)")
            yield* Effect.promise(() => killOthers("victim"))
            yield* Effect.ignore(run("insert into t values (101)"))
          }),
        ),
      ),
      { applicationName: "victim" },
    )
    expect(Exit.isFailure(outcome)).toBe(true)
    expect(await check(numbers)).not.toContainEqual({ n: 101 })
  })
})

describe("transaction", () => {
  it("commits what its work wrote, and undoes it when the work fails or is interrupted", async () => {
    await check(transaction(run("insert into t values (1)")))
    await check(Effect.exit(transaction(Effect.andThen(run("insert into t values (2)"), Effect.fail("no")))))
    await check(Effect.exit(transaction(Effect.andThen(run("insert into t values (3)"), Effect.interrupt))))
    expect((await check(numbers)).filter(({ n }) => n < 4)).toEqual([{ n: 1 }])
  })

  it("fails when a statement in it failed, even if the work looked away", async () => {
    const work = transaction(Effect.andThen(run("insert into t values (20)"), Effect.ignore(run("select 1/0"))))
    expect(await check(Effect.flip(work))).toMatchObject({ reason: "refused" })
  })

  it("inside another one can fail alone", async () => {
    await check(
      transaction(
        Effect.gen(function* () {
          yield* run("insert into t values (30)")
          yield* Effect.exit(transaction(Effect.andThen(run("insert into t values (31)"), run("select 1/0"))))
          yield* transaction(run("insert into t values (32)"))
        }),
      ),
    )
    expect((await check(numbers)).filter(({ n }) => n >= 30 && n < 40)).toEqual([{ n: 30 }, { n: 32 }])
  })

  it("lets nobody wait for a session longer than a statement may take", async () => {
    const outcome = await check(
      Effect.gen(function* () {
        const taken = yield* Deferred.make<void>()
        yield* Effect.forkChild(transaction(Effect.andThen(Deferred.succeed(taken, undefined), Effect.never)))
        yield* Deferred.await(taken)
        return yield* Effect.flip(run("select 1"))
      }),
      { max: 1, statementTimeout: "200 millis" },
    )
    expect(outcome).toMatchObject({ reason: "unavailable" })
  })
})

describe("retryUnavailable", () => {
  it("tries again while the database is away, and not for other errors", async () => {
    let tries = 0
    const failing = (statement: string) =>
      Effect.andThen(
        Effect.sync(() => (tries += 1)),
        run(statement),
      )
    await check(
      Effect.exit(retryUnavailable(Schedule.recurs(2))(failing("select pg_terminate_backend(pg_backend_pid())"))),
    )
    expect(tries).toBe(3)
    tries = 0
    await check(Effect.exit(retryUnavailable(Schedule.recurs(2))(failing("select 1/0"))))
    expect(tries).toBe(1)
  })
})

describe("listen", () => {
  it("delivers notifications and says when it listens again after a loss", async () => {
    const events = Effect.gen(function* () {
      const database = yield* Database
      return yield* database.listen(["stash_test"]).pipe(
        Stream.tap((event) =>
          event._tag === "Listening"
            ? run("select pg_notify('stash_test', 'hello')")
            : run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener listen'"),
        ),
        Stream.take(3),
        Stream.runCollect,
      )
    })
    expect(await check(events, { applicationName: "listener" })).toEqual([
      { _tag: "Listening" },
      { _tag: "Notification", channel: "stash_test", payload: "hello" },
      { _tag: "Listening" },
    ])
  })
})
