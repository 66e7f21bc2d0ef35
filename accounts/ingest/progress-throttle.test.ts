import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"
import { throttleProgress } from "./progress-throttle.ts"

const progress = (stage: Stage, doneBytes: number): CycleEvent => ({
  _tag: "SetProgress",
  setKey: "k",
  name: "Dragon.zip",
  stage,
  doneBytes,
  totalBytes: 100,
})
const left: CycleEvent = {
  _tag: "SetLeft",
  setKey: "k",
  name: "Dragon.zip",
  sourceTitle: "s",
  outcome: "published",
  reason: "",
  contentHash: null,
  parts: 1,
  bytes: 100,
}

const heardBy = Effect.gen(function* () {
  const heard: Array<CycleEvent> = []
  const report = yield* throttleProgress((event) => Effect.sync(() => void heard.push(event)))
  return { heard, report }
})

describe("progress", () => {
  it.effect("passes four times a second, at each new stage, and never delays a departure", () =>
    Effect.gen(function* () {
      const { heard, report } = yield* heardBy
      yield* report(progress("downloading", 1))
      yield* TestClock.adjust("250 millis")
      yield* report(progress("downloading", 2))
      yield* report(progress("downloading", 3))
      yield* report(progress("hashing", 4))
      yield* report(progress("hashing", 5))
      yield* report(left)
      const passed = [progress("downloading", 1), progress("downloading", 2), progress("hashing", 4), left]
      assert.deepStrictEqual(heard, passed)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(heard, passed)
    }),
  )

  it.effect("that is the last before a standstill is not lost", () =>
    Effect.gen(function* () {
      const { heard, report } = yield* heardBy
      for (const bytes of [1, 2, 3]) yield* report(progress("uploading", bytes))
      assert.deepStrictEqual(heard, [progress("uploading", 1)])
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(heard, [progress("uploading", 1), progress("uploading", 3)])
      yield* report(progress("uploading", 4))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(heard.at(-1), progress("uploading", 4))
      assert.strictEqual(heard.length, 3)
    }),
  )
})
