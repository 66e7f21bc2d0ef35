import { Effect, Option, Semaphore } from "effect"
import { usableCpus } from "../cpu/cpu-limit.ts"
import { StatusBoard } from "./status-board.ts"

/**
 * Places for cells that start. A start is half work of a processor and half waiting: with two for each processor all of
 * them take no longer together, and with more each takes longer, until the first ones run into their limits.
 */
export const makeStartPlaces: Effect.Effect<Semaphore.Semaphore> = Effect.suspend(() =>
  Semaphore.make(2 * usableCpus()),
)

/** Starts an account's cell when there is a place for it, which it has until it is started or has failed. Waits visibly. */
export const startInTurn = Effect.fn("startInTurn")(function* <A, E, R>(
  accountId: string,
  places: Semaphore.Semaphore,
  start: Effect.Effect<A, E, R>,
) {
  const started = yield* places.withPermitsIfAvailable(1)(start)
  if (Option.isSome(started)) return started.value
  const board = yield* StatusBoard
  yield* board.change(accountId, { reason: "waiting for its turn to start, after other accounts" })
  return yield* places.withPermits(1)(Effect.andThen(board.change(accountId, { reason: "" }), start))
})
