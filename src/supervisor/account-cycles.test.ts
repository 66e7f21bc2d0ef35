import { describe, expect, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Fiber, Layer, Random, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Account } from "../../db/accounts.ts"
import { type AccountSchedule, noSchedule } from "../../db/schedules.ts"
import { accountCycles } from "./account-cycles.ts"
import type { Cell } from "./cell.ts"
import { Orders } from "./orders.ts"
import { parseQuietHours } from "./quiet-hours.ts"
import { StatusBoard } from "./status-board.ts"
import { Timetable } from "./timetable.ts"
import { Wake } from "./wake.ts"

const accountOf = (id: string): Account => ({
  id,
  phone: "15550001001",
  displayName: id,
  isActive: true,
  authState: "AUTHENTICATED",
  isPremium: false,
})

/** A cell whose cycles take so long, or until they are drained, and what it was told. */
const cellOf = (cycle: Effect.Effect<void>, heavy: Effect.Effect<void> = Effect.never) => {
  const told: Array<string> = []
  let drained = Deferred.makeUnsafe<void>()
  const account = {
    RunCycle: () => {
      told.push("run")
      return Stream.fromEffectDrain(Effect.raceFirst(cycle, Deferred.await(drained)))
    },
    Drain: ({ interrupts }: { interrupts: boolean }) => {
      told.push(interrupts ? "cut" : "drain")
      return Deferred.succeed(drained, undefined)
    },
    CompletePackages: () => {
      told.push("complete")
      return Effect.onInterrupt(Effect.never, () => Effect.sync(() => void told.push("leave")))
    },
    TakeUp: () =>
      Effect.sync(() => {
        told.push("take up")
        drained = Deferred.makeUnsafe()
      }),
  }
  return { told, cell: { account, isHeavy: () => false, heavy, ended: Effect.never } as unknown as Cell }
}

const config = { intervalMinutes: 60, intervalJitter: 0.1 }

/** Lets an account that has settled go through its cycles, in the background. */
const follow = Effect.fn("follow")(function* (id: string, cell: Cell) {
  const board = yield* StatusBoard
  yield* board.enter(accountOf(id))
  for (const state of ["starting", "authorising", "settling"] as const) yield* board.move(id, state)
  const stopping = yield* Deferred.make<void>()
  yield* Effect.forkChild(accountCycles(cell, accountOf(id), { config, stopping }))
  yield* TestClock.adjust(0)
  return stopping
})

const standing = Effect.gen(function* () {
  const { reason, state } = (yield* (yield* StatusBoard).of("ana")) ?? { reason: "", state: "gone" }
  return { state, reason }
})

const say = (schedule: Partial<AccountSchedule>) =>
  Effect.gen(function* () {
    yield* (yield* Timetable).refresh([{ ...noSchedule("ana"), ...schedule }])
    yield* TestClock.adjust(0)
  })

const supervised = <A, E>(
  work: Effect.Effect<A, E, StatusBoard | Timetable | Orders | Wake>,
  quietHours?: string,
): Effect.Effect<A, E> =>
  work.pipe(
    Effect.provide(
      Layer.mergeAll(
        StatusBoard.layer,
        Orders.layer,
        Wake.layer,
        Timetable.layer({
          quietHours: quietHours === undefined ? undefined : Result.getOrThrow(parseQuietHours(quietHours)),
          zone: DateTime.zoneMakeNamedUnsafe("Europe/Berlin"),
        }),
      ),
    ),
    Random.withSeed(7),
  )

describe("the cycles of an account", () => {
  it.effect("come at the interval with its jitter, so that accounts that began together part", () =>
    supervised(
      Effect.gen(function* () {
        const starts: Record<string, Array<number>> = { ana: [], ben: [] }
        for (const id of ["ana", "ben"]) {
          const note = Effect.clockWith((clock) =>
            Effect.sync(() => void starts[id]?.push(clock.currentTimeMillisUnsafe() / 60_000)),
          )
          yield* follow(id, cellOf(note).cell)
        }
        for (let hour = 0; hour < 50; hour++) yield* TestClock.adjust("1 hour")
        const { ana = [], ben = [] } = starts
        const rests = [ana, ben].flatMap((times) => times.slice(1).map((time, index) => time - (times[index] ?? 0)))
        expect(ana[0]).toBe(ben[0])
        expect(rests.length).toBeGreaterThan(80)
        expect(Math.min(...rests)).toBeGreaterThanOrEqual(54)
        expect(Math.max(...rests)).toBeLessThanOrEqual(66)
        const together = ana.filter((time) => ben.some((other) => Math.abs(other - time) < 0.01))
        expect(together).toEqual([ana[0]])
      }),
    ),
  )

  it.effect("are drained when quiet hours begin, and go on soon after their end", () =>
    supervised(
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse("2026-11-25T22:55:00Z"))
        const { cell, told } = cellOf(Effect.never)
        yield* follow("ana", cell)
        expect(yield* standing).toEqual({ state: "ingesting", reason: "" })
        yield* TestClock.adjust("5 minutes")
        expect(yield* standing).toEqual({ state: "quiet", reason: "quiet until Thu 07:30 (Europe/Berlin)" })
        expect(told).toEqual(["run", "drain", "take up"])
        // Somebody calls: it is quiet all the same.
        yield* (yield* Wake).call(["ana"])
        yield* TestClock.adjust("449 minutes")
        expect(told).toHaveLength(3)
        yield* TestClock.adjust("1 minute")
        expect((yield* standing).state).toBe("idle")
        yield* TestClock.adjust("6 minutes")
        expect(told).toEqual(["run", "drain", "take up", "complete", "leave", "run"])
      }),
      "00:00-07:30",
    ),
  )

  it.effect("follow an account's own quiet hours, or their absence, from the moment on that they are told", () =>
    supervised(
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse("2026-11-25T12:00:00Z"))
        yield* follow("ana", cellOf(Effect.void).cell)
        expect((yield* standing).state).toBe("quiet")
        yield* say({ quietHours: "none" })
        yield* TestClock.adjust("6 minutes")
        expect((yield* standing).state).toBe("idle")
        yield* say({ quietHours: "wed 12:00-15:00" })
        expect(yield* standing).toEqual({ state: "quiet", reason: "quiet until Wed 15:00 (Europe/Berlin)" })
        yield* say({ quietHours: "not any more" })
        expect(yield* standing).toMatchObject({ reason: "quiet until Wed 15:00 (Europe/Berlin)" })
      }),
      "09:00-17:00",
    ),
  )

  it.effect("end when the account is paused, at once if that is wanted, and go on at once when it is resumed", () =>
    supervised(
      Effect.gen(function* () {
        const { cell, told } = cellOf(Effect.never)
        yield* follow("ana", cell)
        const pausedAt = new Date("2026-11-25T12:00:00Z")
        yield* say({ pausedAt, pauseInterrupts: true })
        expect((yield* standing).reason).toContain("paused by the operator since 2026-11-25T12:00:00.000Z")
        expect((yield* standing).state).toBe("paused")
        expect(told[0]).toBe("run")
        expect(told).toContain("cut")
        yield* TestClock.adjust("1 week")
        expect(told.filter((one) => one === "run")).toHaveLength(1)
        yield* say({})
        expect((yield* standing).state).toBe("ingesting")
        expect(told.filter((one) => one === "run")).toHaveLength(2)
      }),
    ),
  )

  it.effect("end at the operator's word, and the next one comes at its usual time or when it is called", () =>
    supervised(
      Effect.gen(function* () {
        const { cell, told } = cellOf(Effect.never)
        yield* follow("ana", cell)
        yield* (yield* Orders).cancel("ana")
        yield* TestClock.adjust(0)
        expect((yield* standing).state).toBe("idle")
        expect((yield* standing).reason).toContain("the operator ended the last one")
        expect(told).toEqual(["run", "cut", "take up", "complete"])
        // Nothing runs now that it could mean.
        yield* (yield* Orders).cancel("ana")
        yield* TestClock.adjust("53 minutes")
        expect(told).toHaveLength(4)
        yield* (yield* Wake).call(["ana"])
        yield* TestClock.adjust(0)
        expect((yield* standing).state).toBe("ingesting")
        // The rest was used, until it ended.
        expect(told.slice(4)).toEqual(["leave", "run"])
      }),
    ),
  )

  it.effect("are cut short when the cell has grown too large", () =>
    supervised(
      Effect.gen(function* () {
        const { cell, told } = cellOf(Effect.never, Effect.sleep("1 minute"))
        yield* (yield* StatusBoard).enter(accountOf("ana"))
        const stopping = yield* Deferred.make<void>()
        const life = yield* Effect.forkChild(accountCycles(cell, accountOf("ana"), { config, stopping }))
        yield* TestClock.adjust("59 seconds")
        expect(told).toEqual(["run"])
        yield* TestClock.adjust("1 second")
        expect((yield* Effect.flip(Fiber.join(life)))._tag).toBe("CellRecycled")
        expect(told).toEqual(["run", "cut"])
      }),
    ),
  )

  it.effect("are drained when the worker is to stop, and none follows", () =>
    supervised(
      Effect.gen(function* () {
        const { cell, told } = cellOf(Effect.never)
        const stopping = yield* follow("ana", cell)
        yield* Deferred.succeed(stopping, undefined)
        yield* TestClock.adjust("1 day")
        expect(yield* standing).toEqual({ state: "draining", reason: "the worker is stopping" })
        expect(told).toEqual(["run", "drain"])
      }),
    ),
  )
})
