import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import type { Counted } from "./meters.ts"
import { StatusBoard } from "./status-board.ts"

const exposed = Effect.map(PrometheusMetrics.format(), (text) => text.split("\n"))
const onBoard = <A, E>(work: Effect.Effect<A, E, StatusBoard>) =>
  work.pipe(Effect.provide(StatusBoard.layer), Effect.provideService(Metric.MetricRegistry, new Map()))

const alice = { id: "a", phone: "15550001001", displayName: "Alice" }

describe("the counters of an account", () => {
  it.effect("are there from its start on", () =>
    onBoard(
      Effect.gen(function* () {
        yield* (yield* StatusBoard).enter(alice)
        const lines = yield* exposed
        assert.include(lines, 'stash_transferred_bytes_total{account="Alice",direction="down"} 0')
        assert.include(lines, 'stash_sets_total{account="Alice",outcome="duplicate"} 0')
        assert.include(lines, 'stash_account_restarts_total{account="Alice",cause="failed"} 0')
        assert.include(lines, 'stash_stage_seconds_bucket{stage="upload",le="+Inf"} 0')
      }),
    ),
  )

  it.effect("go on after the account has been entered anew", () =>
    onBoard(
      Effect.gen(function* () {
        const board = yield* StatusBoard
        yield* board.enter(alice)
        yield* board.count("a", [{ _tag: "Moved", direction: "up", bytes: 7 }])
        yield* board.enter(alice)
        yield* board.count("a", [{ _tag: "Moved", direction: "up", bytes: 5 }])
        assert.include(yield* exposed, 'stash_transferred_bytes_total{account="Alice",direction="up"} 12')
      }),
    ),
  )

  it.effect("say how many copies were avoided, and how large they were", () =>
    onBoard(
      Effect.gen(function* () {
        const board = yield* StatusBoard
        yield* board.enter(alice)
        const left = { name: "n", sourceTitle: "s", reason: "", contentHash: null, parts: 1, bytes: 30 }
        for (const setKey of ["1", "2"])
          yield* board.note("a", { _tag: "SetLeft", setKey, ...left, outcome: "duplicate" })
        const lines = yield* exposed
        assert.include(lines, 'stash_sets_total{account="Alice",outcome="duplicate"} 2')
        assert.include(lines, 'stash_sets_bytes_total{account="Alice",outcome="duplicate"} 60')
      }),
    ),
  )

  it.effect("have few labels, whatever TDLib calls its queries", () =>
    onBoard(
      Effect.gen(function* () {
        const board = yield* StatusBoard
        yield* board.enter(alice)
        const waits = ["query 0x1", "query 0x2", "uploads"].map(
          (kind): Counted => ({ _tag: "AskedToWait", kind, seconds: 10 }),
        )
        yield* board.count("a", waits)
        const lines = yield* exposed
        assert.include(lines, 'stash_flood_waits_total{account="Alice",kind="other"} 2')
        assert.include(lines, 'stash_flood_wait_seconds_total{account="Alice",kind="uploads"} 10')
        assert.isFalse(lines.some((line) => line.includes("0x")))
      }),
    ),
  )

  it.effect("are one line each, whatever an account is called", () =>
    onBoard(
      Effect.gen(function* () {
        yield* (yield* StatusBoard).enter({ ...alice, displayName: 'a"b\\c\nd' })
        const lines = (yield* exposed).filter((line) => line.startsWith("stash_lock_losses_total"))
        assert.deepStrictEqual(lines, ['stash_lock_losses_total{account="a\\"b\\\\c\\nd"} 0'])
      }),
    ),
  )

  it.effect("count nothing for an account that nobody knows", () =>
    onBoard(
      Effect.gen(function* () {
        yield* (yield* StatusBoard).count("nobody", [{ _tag: "LockLost" }])
        assert.deepStrictEqual(yield* exposed, [""])
      }),
    ),
  )
})
