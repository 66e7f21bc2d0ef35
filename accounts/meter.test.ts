import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import type { Measurement } from "../src/channel/measurements.ts"
import { Meter, makeMeter, timed } from "./meter.ts"

const moved = (bytes: number): Measurement => ({ _tag: "Moved", direction: "down", bytes })
const sumOf = (told: ReadonlyArray<ReadonlyArray<Measurement>>): number =>
  told.flat().reduce((sum, measurement) => sum + (measurement._tag === "Moved" ? measurement.bytes : 0), 0)

describe("the meter of an account", () => {
  it.effect("tells the first measurement at once, and gathers the others for a second", () =>
    Effect.gen(function* () {
      const told: Array<ReadonlyArray<Measurement>> = []
      const { note } = yield* makeMeter((measurements) => told.push(measurements))
      note(moved(1))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(told, [[moved(1)]])
      note(moved(2))
      note({ _tag: "LockLost" })
      note(moved(3))
      yield* TestClock.adjust("900 millis")
      assert.lengthOf(told, 1)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(told[1], [moved(5), { _tag: "LockLost" }])
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(told, 2)
    }).pipe(Effect.scoped),
  )

  it("loses nothing, whenever its life ends", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.nat(1_000_000), pause: fc.nat(1500), others: fc.nat(700) }), { maxLength: 12 }),
        (steps) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const told: Array<ReadonlyArray<Measurement>> = []
              const scope = yield* Scope.make()
              const { note } = yield* Scope.provide(
                makeMeter((measurements) => told.push(measurements)),
                scope,
              )
              for (const { bytes, others, pause } of steps) {
                note(moved(bytes))
                for (let other = 0; other < others; other++) note({ _tag: "LockLost" })
                yield* TestClock.adjust(pause)
              }
              yield* Scope.close(scope, Exit.void)
              assert.strictEqual(
                sumOf(told),
                steps.reduce((sum, { bytes }) => sum + bytes, 0),
              )
              assert.lengthOf(
                told.flat().filter(({ _tag }) => _tag === "LockLost"),
                steps.reduce((sum, { others }) => sum + others, 0),
              )
              assert.isTrue(told.every((batch) => batch.length > 0 && batch.length <= 502))
            }).pipe(Effect.provide(TestClock.layer())),
          ),
      ),
      { numRuns: 30 },
    ))

  it.effect("times a stage that comes to its end, and no other", () =>
    Effect.gen(function* () {
      const told: Array<Measurement> = []
      const meter = { note: (measurement: Measurement) => told.push(measurement) }
      const run = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(timed("hash")(Effect.sleep("1500 millis")))
        const broken = yield* Effect.forkChild(timed("upload")(Effect.never))
        yield* TestClock.adjust("2 seconds")
        yield* Effect.exit(timed("split")(Effect.fail("no")))
        broken.interruptUnsafe()
        return fiber
      })
      yield* Effect.provideService(run, Meter, meter)
      assert.deepStrictEqual(told, [{ _tag: "StageEnded", stage: "hash", seconds: 1.5 }])
    }),
  )
})
