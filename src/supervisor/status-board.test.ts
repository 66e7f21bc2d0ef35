import { assert, describe, it } from "@effect/vitest"
import { Effect, SubscriptionRef } from "effect"
import { accountStates, isAllowedMove } from "./account-state.ts"
import { StatusBoard } from "./status-board.ts"

const left = (setKey: string, outcome: "published" | "deferred") =>
  ({
    _tag: "SetLeft",
    setKey,
    name: setKey,
    sourceTitle: "s",
    outcome,
    reason: "",
    contentHash: null,
    parts: 1,
    bytes: 2,
  }) as const

describe("the states of an account", () => {
  it("can all be left, and stopped from everywhere else", () => {
    for (const state of accountStates) {
      assert.isTrue(accountStates.some((next) => isAllowedMove(state, next)))
      if (state !== "stopped") assert.isTrue(isAllowedMove(state, "stopped"))
    }
  })

  it("do not skip the login", () => {
    assert.isFalse(isAllowedMove("starting", "ingesting"))
    assert.isFalse(isAllowedMove("parked", "idle"))
  })
})

describe("the status board", () => {
  it.effect("shows a set while it travels and its departure afterwards", () =>
    Effect.gen(function* () {
      const board = yield* StatusBoard
      yield* board.enter({ id: "a", phone: "15550001001" })
      yield* board.note("a", { _tag: "SetStarted", setKey: "k", name: "Dragon.zip", bytes: 10, volumes: 1 })
      yield* board.note("a", {
        _tag: "SetProgress",
        setKey: "k",
        name: "Dragon.zip",
        stage: "hashing",
        doneBytes: 5,
        totalBytes: 10,
      })
      const during = yield* board.of("a")
      assert.include(during?.activities.get("k"), { stage: "hashing", doneBytes: 5 })
      yield* board.note("a", left("k", "published"))
      const after = yield* board.of("a")
      assert.strictEqual(after?.activities.size, 0)
      assert.strictEqual(after?.counts.published, 1)
      assert.lengthOf((yield* SubscriptionRef.get(board.status)).sets, 1)
    }).pipe(Effect.provide(StatusBoard.layer)),
  )

  it.effect("counts each cycle anew and never shows a whole phone number", () =>
    Effect.gen(function* () {
      const board = yield* StatusBoard
      yield* board.enter({ id: "a", phone: "15550001001" })
      for (const state of ["starting", "authorising", "settling", "ingesting"] as const) yield* board.move("a", state)
      yield* board.note("a", left("k", "deferred"))
      yield* board.move("a", "idle", "next cycle soon")
      assert.include(yield* board.of("a"), { state: "idle", reason: "next cycle soon", phone: "155***01" })
      assert.strictEqual((yield* board.of("a"))?.counts.deferred, 1)
      yield* board.move("a", "ingesting")
      assert.strictEqual((yield* board.of("a"))?.counts.deferred, 0)
    }).pipe(Effect.provide(StatusBoard.layer)),
  )
})
