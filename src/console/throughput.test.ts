import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { StatusBoard } from "../supervisor/status-board.ts"
import { Throughput } from "./throughput.ts"

const alice = { id: "1", phone: "15550001001", displayName: "Alice" }

describe("the throughput of accounts", () => {
  it.effect("is what came and went in each step, of the last half hour", () =>
    Effect.gen(function* () {
      const board = yield* StatusBoard
      const { lately, stepSeconds } = yield* Throughput
      yield* board.enter(alice)
      yield* TestClock.adjust(`${stepSeconds} seconds`)
      yield* board.count("1", [{ _tag: "Moved", direction: "down", bytes: 5_000 }])
      yield* board.count("1", [{ _tag: "Moved", direction: "up", bytes: 100 }])
      yield* TestClock.adjust(`${stepSeconds} seconds`)
      yield* TestClock.adjust(`${stepSeconds} seconds`)
      const [seen] = yield* lately
      assert.deepStrictEqual(seen?.down.slice(-2), [500, 0])
      assert.deepStrictEqual(seen?.up.slice(-2), [10, 0])
      yield* TestClock.adjust("1 hour")
      assert.lengthOf((yield* lately)[0]?.down ?? [], 180)
    }).pipe(
      Effect.provide(Throughput.layer.pipe(Layer.provideMerge(StatusBoard.layer))),
      Effect.provideService(Metric.MetricRegistry, new Map()),
    ),
  )
})
