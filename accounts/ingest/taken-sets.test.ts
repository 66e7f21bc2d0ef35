import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../db/database.ts"
import type { VolumeSet } from "./source-reading.ts"
import { makeTakenSets } from "./taken-sets.ts"

const sets = Array.from({ length: 250 }, (_, index) => ({
  firstMessageId: index + 1,
  volumes: [{ uniqueId: `file ${index + 1}`, bytes: 10 }],
})) as unknown as ReadonlyArray<VolumeSet>

/** Answers that these are held, and counts the questions. */
const databaseWith = (held: () => ReadonlyArray<number>) => {
  let questions = 0
  const rows = () =>
    Effect.sync(() => {
      questions += 1
      return held().map((firstMessageId) => ({ firstMessageId, standing: "held" }))
    })
  return { database: { rows } as unknown as (typeof Database)["Service"], questions: () => questions }
}

describe("sets that others have taken", () => {
  it.effect("are known with a question for every hundred", () =>
    Effect.gen(function* () {
      const { database, questions } = databaseWith(() => sets.map(({ firstMessageId }) => firstMessageId))
      const others = yield* makeTakenSets("c", "a")
      others.expect(sets)
      const looks = sets.map((set) => Effect.provideService(others.look(set), Database, database))
      const taken = yield* Effect.all(looks, { concurrency: 12 })
      assert.isTrue(taken.every((one) => one === "held"))
      assert.strictEqual(questions(), 3)
    }),
  )

  it.effect("are asked for anew after a second: others end their work, and take sets up", () =>
    Effect.gen(function* () {
      const held = new Set<number>()
      const { database, questions } = databaseWith(() => [...held])
      const others = yield* makeTakenSets("c", "a")
      others.expect(sets.slice(0, 4))
      const look = (index: number) => Effect.provideService(others.look(sets[index] as VolumeSet), Database, database)
      assert.isUndefined(yield* look(0))
      assert.isUndefined(yield* look(1))
      assert.strictEqual(questions(), 1)
      held.add(3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* look(2), "held")
      assert.strictEqual(questions(), 2)
      assert.isUndefined(yield* look(3))
      assert.strictEqual(questions(), 2)
      held.add(5).add(6)
      others.expect(sets.slice(4, 6))
      assert.strictEqual(yield* look(4), "held")
      held.delete(6)
      yield* TestClock.adjust("1 second")
      assert.isUndefined(yield* look(5))
      assert.strictEqual(questions(), 4)
    }),
  )
})
