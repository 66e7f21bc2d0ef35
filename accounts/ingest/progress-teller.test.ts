import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { progressTeller } from "./progress-teller.ts"
import type { SetWork } from "./set-work.ts"

describe("progress", () => {
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
