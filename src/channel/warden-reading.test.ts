import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Effect, type Schema } from "effect"
import fc from "fast-check"
import { ActorReport, CellConfig, SupervisorMessage } from "./warden-messages.ts"
import { isActorReport, isSupervisorMessage, memoryLimitsOf } from "./warden-reading.ts"

const samplesOf = <S extends Schema.Constraint>(schema: S) =>
  Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 100, seed: 1 })

describe("a warden", () => {
  it.effect("takes every report that an actor can make, and every message of a supervisor", () =>
    Effect.gen(function* () {
      for (const report of yield* samplesOf(ActorReport)) expect(isActorReport(report)).toBe(true)
      for (const message of yield* samplesOf(SupervisorMessage)) expect(isSupervisorMessage(message)).toBe(true)
    }),
  )

  it.effect("reads the memory limits of every configuration", () =>
    Effect.gen(function* () {
      for (const config of yield* samplesOf(CellConfig)) expect(memoryLimitsOf(config)).toEqual(config.memory)
    }),
  )

  it("takes nothing else, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(isActorReport(anything)).toBe(false)
        expect(isSupervisorMessage(anything)).toBe(false)
        expect(memoryLimitsOf(anything)).toBeUndefined()
      }),
    )
    expect(isActorReport({ _tag: "Ended", reason: "tired" })).toBe(false)
    expect(isActorReport({ _tag: "Start" })).toBe(false)
    expect(isSupervisorMessage({ _tag: "Beat" })).toBe(false)
  })
})
