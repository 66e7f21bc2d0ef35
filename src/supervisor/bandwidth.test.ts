import { describe, expect, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { noSchedule } from "../../db/schedules.ts"
import { Bandwidth, bytesPerSecond, type TotalSpeed } from "./bandwidth.ts"
import { Timetable } from "./timetable.ts"

const limited = <A, E>(total: TotalSpeed, work: Effect.Effect<A, E, Bandwidth | Timetable>): Effect.Effect<A, E> =>
  work.pipe(
    Effect.provide(
      Bandwidth.layer(total).pipe(
        Layer.provideMerge(Timetable.layer({ quietHours: undefined, zone: DateTime.zoneMakeNamedUnsafe("UTC") })),
      ),
    ),
  )

/** Lets an account move as much as it may, in so many transfers at once, and counts the bytes. */
const mover = Effect.fn("mover")(function* (accountId: string, transfers = 1) {
  const bandwidth = yield* Bandwidth
  const moved = { bytes: 0 }
  const move = Effect.map(bandwidth.take(accountId, "down", 2 ** 40), (bytes) => {
    moved.bytes += bytes ?? 0
  })
  yield* Effect.forEach(Array.from({ length: transfers }), () => Effect.forkChild(Effect.forever(move)))
  return moved
})

const pass = (seconds: number) =>
  Effect.forEach(Array.from({ length: seconds }), () => TestClock.adjust("1 second"), { discard: true })

const MBIT_8 = bytesPerSecond(8)

describe("the bandwidth of the accounts", () => {
  it.effect("is without a limit where none is set, and asked for in vain by nobody", () =>
    limited(
      { down: undefined, up: MBIT_8 },
      Effect.gen(function* () {
        const bandwidth = yield* Bandwidth
        expect(yield* bandwidth.take("ana", "down", 2 ** 40)).toBeNull()
        expect(yield* bandwidth.take("ana", "up", 10)).toBe(10)
        expect(yield* Clock.currentTimeMillis).toBe(0)
      }),
    ),
  )

  it.effect("is shared in turns by all accounts, however many transfers each has", () =>
    limited(
      { down: MBIT_8, up: undefined },
      Effect.gen(function* () {
        const movers = [yield* mover("ana", 5), yield* mover("ben"), yield* mover("cleo", 2)]
        yield* pass(300)
        const [ana = 0, ben = 0, cleo = 0] = movers.map(({ bytes }) => bytes / MBIT_8)
        expect(ana + ben + cleo).toBeGreaterThan(299)
        expect(ana + ben + cleo).toBeLessThanOrEqual(302)
        // What had been saved up goes to whoever comes first.
        for (const share of [ana, ben, cleo]) expect(Math.abs(share - 100)).toBeLessThanOrEqual(2)
      }),
    ),
  )

  it.effect("is limited for one account as well, and what it leaves is there for the others", () =>
    limited(
      { down: MBIT_8, up: undefined },
      Effect.gen(function* () {
        yield* (yield* Timetable).refresh([{ ...noSchedule("ana"), maxDownloadMbit: 2 }])
        const movers = [yield* mover("ana", 3), yield* mover("ben")]
        yield* pass(200)
        const [ana = 0, ben = 0] = movers.map(({ bytes }) => bytes / MBIT_8)
        expect(Math.abs(ana - 50)).toBeLessThanOrEqual(1)
        expect(Math.abs(ben - 150)).toBeLessThanOrEqual(2)
        // The limit is taken away: half of all that is left.
        yield* (yield* Timetable).refresh([])
        yield* pass(200)
        expect(Math.abs((movers[0]?.bytes ?? 0) / MBIT_8 - 150)).toBeLessThanOrEqual(3)
      }),
    ),
  )

  it.effect("is not lost with a transfer that is given up while it waits", () =>
    limited(
      { down: MBIT_8, up: undefined },
      Effect.gen(function* () {
        const bandwidth = yield* Bandwidth
        yield* mover("cleo")
        for (let tries = 0; tries < 20; tries++) {
          const waiting = yield* Effect.forkChild(bandwidth.take("ana", "down", 2 ** 40))
          yield* TestClock.adjust("20 millis")
          yield* Fiber.interrupt(waiting)
        }
        const ben = yield* mover("ben")
        yield* pass(100)
        expect(ben.bytes / MBIT_8).toBeGreaterThan(49)
      }),
    ),
  )
})
