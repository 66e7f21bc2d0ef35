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

describe("progress", () => {
  it.effect("passes four times a second, at each new stage, and never delays a departure", () =>
    Effect.gen(function* () {
      const heard: Array<CycleEvent> = []
      const report = throttleProgress((event) => Effect.sync(() => void heard.push(event)))
      yield* report(progress("downloading", 1))
      yield* report(progress("downloading", 2))
      yield* TestClock.adjust("250 millis")
      yield* report(progress("downloading", 3))
      yield* report(progress("hashing", 4))
      yield* report(left)
      assert.deepStrictEqual(heard, [
        progress("downloading", 1),
        progress("downloading", 3),
        progress("hashing", 4),
        left,
      ])
    }),
  )
})
