import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database, DatabaseError } from "../../db/database.ts"
import { Pulse } from "../supervisor/pulse.ts"
import { StatusBoard } from "../supervisor/status-board.ts"
import { liveness, readiness } from "./health.ts"

const answers = Effect.succeed([{ one: 1 }])
const away = Effect.fail(
  new DatabaseError({ statement: "databaseAnswers", reason: "unavailable", message: "connection refused" }),
)

/** A database that answers every question with this. */
const layerDatabase = (rows: Effect.Effect<ReadonlyArray<unknown>, DatabaseError>) =>
  Layer.mock(Database, { rows: () => rows as never })

const run = <A, E>(
  work: Effect.Effect<A, E, Pulse | StatusBoard | Database>,
  rows: Effect.Effect<ReadonlyArray<unknown>, DatabaseError> = answers,
) => work.pipe(Effect.provide(Layer.mergeAll(Pulse.layer, StatusBoard.layer, layerDatabase(rows))))

const reasons = Effect.map(readiness, (health) => health.reasons)
const account = (id: string) => ({ id, phone: "15550001001", displayName: id })

/** A worker with these accounts, the first `parked` of them parked. */
const withAccounts = Effect.fn(function* (ids: ReadonlyArray<string>, parked: number) {
  const board = yield* StatusBoard
  for (const [index, id] of ids.entries()) {
    yield* board.enter(account(id))
    yield* board.move(id, "starting")
    if (index < parked) yield* board.move(id, "parked", "no destination")
    else yield* board.move(id, "authorising")
  }
  yield* (yield* Pulse).accountsKnown
})

describe("a worker is live", () => {
  it.effect("as long as its loops go round", () =>
    run(
      Effect.gen(function* () {
        const pulse = yield* Pulse
        yield* pulse.beat("accounts")
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual((yield* liveness).reasons, [])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual((yield* liveness).reasons, ['the loop "accounts" does not go round any more'])
        yield* pulse.beat("accounts")
        assert.deepStrictEqual((yield* liveness).reasons, [])
      }),
    ),
  )

  it.effect("and none has ended, unless the worker is to stop", () =>
    run(
      Effect.gen(function* () {
        const pulse = yield* Pulse
        yield* Effect.exit(pulse.endless("orders", Effect.die("a bug")))
        assert.deepStrictEqual((yield* liveness).reasons, ['the loop "orders" has ended'])
        yield* pulse.stop
        assert.deepStrictEqual((yield* liveness).reasons, [])
      }),
    ),
  )

  it.effect("though its database is away: a restart would not help", () =>
    run(
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* liveness).reasons, [])
      }),
      away,
    ),
  )
})

describe("a worker is ready", () => {
  it.effect("when it has read its accounts, none or some", () =>
    run(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* reasons, ["the accounts have not been read from the database yet"])
        yield* withAccounts([], 0)
        assert.deepStrictEqual(yield* reasons, [])
        yield* withAccounts(["Ana", "Ben"], 1)
        assert.deepStrictEqual(yield* reasons, [])
      }),
    ),
  )

  it.effect("not before every account has started, and then whatever becomes of one of them", () =>
    run(
      Effect.gen(function* () {
        yield* withAccounts(["Ana"], 0)
        const board = yield* StatusBoard
        yield* board.enter(account("Ben"))
        assert.deepStrictEqual(yield* reasons, ["Ben is starting"])
        yield* board.move("Ben", "starting")
        assert.deepStrictEqual(yield* reasons, ["Ben is starting"])
        yield* board.move("Ben", "backing_off", "its cell died")
        yield* board.move("Ben", "starting")
        assert.deepStrictEqual(yield* reasons, [])
        yield* board.enter(account("Eve"))
        yield* board.move("Eve", "starting")
        yield* board.move("Eve", "stopped")
        assert.deepStrictEqual(yield* reasons, [])
      }),
    ),
  )

  it.effect("not when all accounts are parked, with the reasons; those that are stopped do not count", () =>
    run(
      Effect.gen(function* () {
        yield* withAccounts(["Ana", "Ben", "Eve"], 2)
        yield* (yield* StatusBoard).move("Eve", "stopped")
        assert.deepStrictEqual(yield* reasons, ["Ana is parked: no destination", "Ben is parked: no destination"])
      }),
    ),
  )

  it.effect("not while it stops", () =>
    run(
      Effect.gen(function* () {
        yield* withAccounts(["Ana"], 0)
        yield* (yield* Pulse).stop
        assert.deepStrictEqual(yield* reasons, ["the worker is stopping"])
      }),
    ),
  )

  it.effect("not while its database is away", () =>
    run(
      Effect.gen(function* () {
        yield* withAccounts(["Ana"], 0)
        const { isDatabaseUp, reasons } = yield* readiness
        assert.isFalse(isDatabaseUp)
        assert.deepStrictEqual(reasons, ["the database cannot be reached: connection refused"])
      }),
      away,
    ),
  )

  it.effect("not while its database says nothing", () =>
    run(
      Effect.gen(function* () {
        yield* withAccounts(["Ana"], 0)
        const asking = yield* Effect.forkChild(reasons)
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* Fiber.join(asking), [
          "the database cannot be reached: no answer within 3 seconds",
        ])
      }),
      Effect.never,
    ),
  )
})
