import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import * as fc from "fast-check"
import { makeLatestWins } from "./latest-wins.ts"

type Event = { readonly of: string | null; readonly count: number }

const placeOf = ({ of }: Event) => of ?? undefined

const event = fc.record({ of: fc.constantFrom(null, "a", "b"), count: fc.nat() })

const hearLate = Effect.fn("hearLate")(function* (events: ReadonlyArray<Event>) {
  const queue = yield* makeLatestWins<Event, never>(placeOf)
  for (const one of events) yield* queue.offer(one)
  yield* queue.end
  const heard = [...(yield* Stream.runCollect(queue.stream))]
  const kept = (all: ReadonlyArray<Event>) => all.filter(({ of }) => of === null)
  assert.deepStrictEqual(kept(heard), kept(events))
  for (const place of ["a", "b"]) {
    const last = events.findLast(({ of }) => of === place)
    assert.deepStrictEqual(
      heard.filter(({ of }) => of === place),
      last === undefined ? [] : [last],
    )
  }
})

describe("events of which the latest wins", () => {
  it("reach a reader who comes late: all that must be kept, in order, and the latest of the rest", () =>
    fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 200 }), (events) => Effect.runPromise(hearLate(events)))))

  it.effect("never keep the work waiting that tells of its progress", () =>
    Effect.gen(function* () {
      const queue = yield* makeLatestWins<Event, never>(placeOf)
      for (let count = 0; count < 10_000; count++) yield* queue.offer({ of: "a", count })
      yield* queue.end
      assert.deepStrictEqual([...(yield* Stream.runCollect(queue.stream))], [{ of: "a", count: 9_999 }])
    }),
  )

  it.effect("keep the work waiting when too many wait that must be kept, and lose none", () =>
    Effect.gen(function* () {
      const queue = yield* makeLatestWins<Event, string>(placeOf)
      let offered = 0
      const work = yield* Effect.forEach(
        Array.from({ length: 1_000 }, (_, count) => count),
        (count) => Effect.tap(queue.offer({ of: null, count }), () => Effect.sync(() => offered++)),
      ).pipe(Effect.andThen(queue.fail("over")), Effect.forkChild)
      yield* Effect.yieldNow
      assert.isBelow(offered, 1_000)
      const heard: Array<number> = []
      const over = yield* queue.stream.pipe(
        Stream.runForEach(({ count }) => Effect.sync(() => heard.push(count))),
        Effect.flip,
      )
      yield* Fiber.join(work)
      assert.strictEqual(over, "over")
      assert.deepStrictEqual(
        heard,
        Array.from({ length: 1_000 }, (_, count) => count),
      )
    }),
  )
})
