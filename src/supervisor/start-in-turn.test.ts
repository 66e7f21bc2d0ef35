import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Semaphore } from "effect"
import { startInTurn } from "./start-in-turn.ts"
import { StatusBoard } from "./status-board.ts"

const phone = "15550001001"

/** A start that ends when it is told to. */
const makeStart = Effect.gen(function* () {
  const begun = yield* Deferred.make<void>()
  const end = yield* Deferred.make<void, string>()
  return { begun, end, start: Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(end)) }
})

const reasonOf = (accountId: string) =>
  Effect.gen(function* () {
    return (yield* (yield* StatusBoard).of(accountId))?.reason
  })

describe("the start of a cell", () => {
  it.effect("waits for one of the places, visibly, and takes it when another start is over", () =>
    Effect.gen(function* () {
      const board = yield* StatusBoard
      for (const id of ["a", "b"]) yield* board.enter({ id, phone })
      const places = yield* Semaphore.make(1)
      const [first, second] = [yield* makeStart, yield* makeStart]
      const a = yield* Effect.forkChild(Effect.flip(startInTurn("a", places, first.start)))
      yield* Deferred.await(first.begun)
      const b = yield* Effect.forkChild(startInTurn("b", places, second.start))
      while ((yield* reasonOf("b")) === "") yield* Effect.yieldNow
      assert.isFalse(yield* Deferred.isDone(second.begun))
      assert.strictEqual(yield* reasonOf("b"), "waiting for its turn to start, after other accounts")
      yield* Deferred.fail(first.end, "it failed")
      assert.strictEqual(yield* Fiber.join(a), "it failed")
      yield* Deferred.await(second.begun)
      assert.strictEqual(yield* reasonOf("b"), "")
      yield* Deferred.succeed(second.end, undefined)
      yield* Fiber.join(b)
    }).pipe(Effect.provide(StatusBoard.layer)),
  )

  it.effect("gives its place back when it is interrupted", () =>
    Effect.gen(function* () {
      const places = yield* Semaphore.make(1)
      const [first, second] = [yield* makeStart, yield* makeStart]
      const a = yield* Effect.forkChild(startInTurn("a", places, first.start))
      yield* Deferred.await(first.begun)
      yield* Fiber.interrupt(a)
      yield* Deferred.succeed(second.end, undefined)
      yield* startInTurn("b", places, second.start)
    }).pipe(Effect.provide(StatusBoard.layer)),
  )
})
