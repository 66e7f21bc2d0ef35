import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Schema, type Scope } from "effect"
import { beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { Database } from "./database.ts"
import { LockSession } from "./lock-session.ts"

const contentHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

let url = ""
beforeAll(async () => {
  url = await freshDatabase()
})

const openSession = (name: string) =>
  Effect.map(Layer.build(LockSession.layer({ url, applicationName: name })), (built) => Context.get(built, LockSession))

const check = <A, E>(work: Effect.Effect<A, E, Database | Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(work).pipe(Effect.provide(Database.layer({ url, max: 2, applicationName: "test" }))))

/** Ends the named session's backend, as an administrator or a server crash would. */
const killBackend = (name: string) =>
  Effect.flatMap(Database, (database) =>
    database.run(
      "kill",
      (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`,
    ),
  )

const locksOf = (name: string) =>
  Effect.flatMap(Database, (database) =>
    database.rows(
      "locks",
      Schema.Struct({ pid: Schema.Number }),
      (sql) => sql`
        select l.pid from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and a.application_name = ${name}`,
    ),
  )

describe("tryAccountLock", () => {
  it("grants an account to one session at a time, until that session ends", () =>
    check(
      Effect.gen(function* () {
        const second = yield* openSession("second")
        const during = yield* Effect.scoped(
          Effect.gen(function* () {
            const first = yield* openSession("first")
            return [
              yield* first.tryAccountLock("a"),
              yield* second.tryAccountLock("a"),
              yield* second.tryAccountLock("b"),
            ]
          }),
        )
        expect(during).toEqual([true, false, true])
        yield* Effect.repeat(second.tryAccountLock("a"), { until: (granted) => granted })
      }),
    ))
})

describe("withHashLock", () => {
  it("lets one of two sessions work on a content, and the other one later", () =>
    check(
      Effect.gen(function* () {
        const [first, second] = [yield* openSession("first"), yield* openSession("second")]
        const outcomes = yield* first.withHashLock(
          contentHash,
          second.withHashLock(contentHash, Effect.succeed("second")),
        )
        expect(outcomes).toEqual(Option.some(Option.none()))
        expect(yield* second.withHashLock(contentHash, Effect.succeed("second"))).toEqual(Option.some("second"))
      }),
    ))

  it("lets one of two sets of the same session work on a content", () =>
    check(
      Effect.gen(function* () {
        const locks = yield* openSession("one")
        const outcomes = yield* locks.withHashLock(
          contentHash,
          locks.withHashLock(contentHash, Effect.succeed("again")),
        )
        expect(outcomes).toEqual(Option.some(Option.none()))
      }),
    ))

  it("grants to exactly one of many that ask at the same moment", () =>
    check(
      Effect.gen(function* () {
        const sessions = [yield* openSession("x"), yield* openSession("y"), yield* openSession("z")]
        const gate = yield* Deferred.make<void>()
        const tries = yield* Effect.forEach([...sessions, ...sessions, ...sessions], (locks) =>
          Effect.forkChild(locks.withHashLock(contentHash, Deferred.await(gate))),
        )
        const losers = yield* Effect.forEach(
          tries.map((fiber) => fiber),
          (fiber) => Effect.timeoutOption(Fiber.join(fiber), "300 millis"),
          { concurrency: "unbounded" },
        )
        expect(losers.filter(Option.isNone)).toHaveLength(1)
        yield* Deferred.succeed(gate, undefined)
      }),
    ))

  it.each(["success", "failure", "defect", "interruption"])("unlocks when the work ends in %s", (ending) =>
    check(
      Effect.gen(function* () {
        const locks = yield* openSession("unlocking")
        const work = {
          success: Effect.succeed(1),
          failure: Effect.fail("no"),
          defect: Effect.die("bug"),
          interruption: Effect.interrupt,
        }[ending as "success"]
        yield* Effect.exit(locks.withHashLock(contentHash, work))
        expect(yield* locksOf("unlocking")).toEqual([])
        expect(yield* locks.withHashLock(contentHash, Effect.succeed(1))).toEqual(Option.some(1))
      }),
    ),
  )

  it("interrupts the work with LockLost when the session's backend is killed", () =>
    check(
      Effect.gen(function* () {
        const locks = yield* openSession("killed")
        const begun = yield* Deferred.make<void>()
        let interrupted = false
        const work = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Effect.sync(() => (interrupted = true))),
        )
        const working = yield* Effect.forkChild(locks.withHashLock(contentHash, work))
        yield* Deferred.await(begun)
        yield* killBackend("killed")
        expect(yield* Effect.flip(Fiber.join(working))).toMatchObject({ _tag: "LockLost" })
        expect(interrupted).toBe(true)
      }),
    ))
})

describe("a lost session", () => {
  it("says so, and never grants anything again", () =>
    check(
      Effect.gen(function* () {
        const locks = yield* openSession("gone")
        yield* killBackend("gone")
        yield* locks.lost
        expect(yield* Effect.flip(locks.tryAccountLock("a"))).toMatchObject({ _tag: "LockLost" })
        expect(yield* Effect.flip(locks.withHashLock(contentHash, Effect.void))).toMatchObject({ _tag: "LockLost" })
      }),
    ))

  it("is noticed by the heartbeat when the server answers no more", () =>
    check(
      Effect.gen(function* () {
        const layer = LockSession.layer({
          url,
          applicationName: "frozen",
          heartbeat: "50 millis",
          answerWithin: "200 millis",
        })
        const locks = Context.get(yield* Layer.build(layer), LockSession)
        const pid = (yield* (yield* Database).rows(
          "pid",
          Schema.Struct({ pid: Schema.Number }),
          (sql) => sql`select pid from pg_stat_activity where application_name = 'frozen'`,
        ))[0]?.pid
        process.kill(pid ?? 0, "SIGSTOP")
        const exit = yield* Effect.exit(
          Effect.ensuring(
            locks.lost,
            Effect.sync(() => process.kill(pid ?? 0, "SIGCONT")),
          ),
        )
        expect(Exit.isSuccess(exit)).toBe(true)
      }),
    ))

  it("is a LockLost for many statements under way, again and again, without a hang", () =>
    check(
      Effect.gen(function* () {
        for (let round = 0; round < 20; round += 1) {
          const name = `round-${round}`
          const locks = yield* openSession(name)
          const asking = yield* Effect.forkChild(
            Effect.forever(locks.tryAccountLock(`account-${round}`)).pipe(Effect.flip),
          )
          yield* killBackend(name)
          expect(yield* Fiber.join(asking)).toMatchObject({ _tag: "LockLost" })
        }
      }),
    ))
})
