import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"
import { progressTeller, throttleProgress } from "./progress-throttle.ts"
import type { SetWork } from "./set-work.ts"

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

  it.effect("that a listener hears is told four times a second, the newest of it too, and none after the stage", () =>
    Effect.gen(function* () {
      const heard: Array<number> = []
      const work = {
        source: { id: "c" },
        set: { name: "Dragon.zip", bytes: 100, volumes: [{ messageId: 1 }] },
        report: (event: CycleEvent) =>
          Effect.sync(() => void (event._tag === "SetProgress" && heard.push(event.doneBytes))),
      } as unknown as SetWork
      yield* Effect.scoped(
        Effect.gen(function* () {
          const tell = yield* progressTeller(work, "downloading")
          for (const bytes of [1, 2, 3]) tell(bytes)
          yield* TestClock.adjust(0)
          for (const bytes of [4, 5]) tell(bytes)
          yield* TestClock.adjust("249 millis")
          assert.deepStrictEqual(heard, [3])
          yield* TestClock.adjust("1 millis")
          assert.deepStrictEqual(heard, [3, 5])
          tell(6)
        }),
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(heard, [3, 5])
    }),
  )
})
