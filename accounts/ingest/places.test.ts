import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { makeUploadLimit } from "../telegram/upload-limit.ts"
import { Places, SetLine } from "./places.ts"

const placesLayer = Places.layer.pipe(Layer.provide(makeUploadLimit(null, () => {}).layer))

const MEBIBYTE = 1024 * 1024
const small = { bytes: 4 * MEBIBYTE, isPosted: false }
const large = { bytes: 1024 * MEBIBYTE, isPosted: false }
const posted = { bytes: 4 * MEBIBYTE, isPosted: true }

/** A line, and a clock that the test moves. */
const makeLine = () => {
  const clock = { millis: 0 }
  return { clock, line: new SetLine(() => clock.millis) }
}
const joinAll = (line: SetLine, ...wanted: ReadonlyArray<typeof small>) => wanted.map((one) => line.join(one))
const states = (standings: ReadonlyArray<{ readonly state: string }>) => standings.map(({ state }) => state)

describe("the line of an account's sets", () => {
  it("lets one in, and the next when that is nearly there: what is not begun, another account may take", () => {
    const { clock, line } = makeLine()
    const [first, second, third] = joinAll(line, small, small, small)
    if (first === undefined || second === undefined || third === undefined) return assert.fail("three joined")
    for (let arrived = 0.5; arrived <= 2.5; arrived += 0.5) {
      clock.millis += 250
      line.arrived(first, arrived * MEBIBYTE, 0.5 * MEBIBYTE)
    }
    expect(states([first, second, third])).toEqual(["coming", "waiting", "waiting"])
    clock.millis += 250
    line.arrived(first, 3 * MEBIBYTE, 0.5 * MEBIBYTE)
    clock.millis += 250
    line.arrived(first, 3.5 * MEBIBYTE, 0.5 * MEBIBYTE)
    expect(states([first, second, third])).toEqual(["coming", "coming", "waiting"])
  })

  it("lets more in as long as each of them comes as fast as TDLib fetches a small file", () => {
    const { clock, line } = makeLine()
    const standings = joinAll(line, ...Array.from({ length: 12 }, () => large))
    for (let step = 0; step < 40; step++) {
      clock.millis += 100
      for (const one of standings.filter(({ state }) => state === "coming")) line.arrived(one, 0, 2 * MEBIBYTE)
    }
    // Five large ones are all that there is room for.
    expect(states(standings).filter((state) => state === "coming")).toHaveLength(5)
  })

  it("does not download for uploads that lag behind", () => {
    const { line } = makeLine()
    const [first, second] = joinAll(line, small, small)
    if (first === undefined || second === undefined) return assert.fail("two joined")
    line.waitingToSend(2)
    line.complete(first)
    expect(second.state).toBe("waiting")
    line.waitingToSend(-1)
    expect(second.state).toBe("coming")
  })

  it("lets what was just posted in before all others, at once while there is room", () => {
    const { line } = makeLine()
    const waiting = joinAll(line, small, small, small)
    const posts = joinAll(line, ...Array.from({ length: 11 }, () => posted))
    expect(states(posts)).toEqual([...Array.from({ length: 9 }, () => "coming"), "waiting", "waiting"])
    const [first] = waiting
    if (first !== undefined) line.leave(first)
    expect(posts[9]?.state).toBe("coming")
    expect(states(waiting.slice(1))).toEqual(["waiting", "waiting"])
  })

  it("forgets whoever stops waiting", () => {
    const { line } = makeLine()
    const [first, second, third] = joinAll(line, small, small, small)
    if (first === undefined || second === undefined || third === undefined) return assert.fail("three joined")
    line.leave(second)
    line.leave(first)
    line.leave(first)
    expect(states([first, second, third])).toEqual(["left", "left", "coming"])
  })
})

describe("the places of an account", () => {
  it.effect("are free again when the scope ends, or the wait is interrupted", () =>
    Effect.gen(function* () {
      const places = yield* Places
      const scope = yield* Scope.make()
      yield* Scope.provide(places.enter(large), scope)
      const interrupted = yield* Effect.forkChild(Effect.scoped(places.enter(large)))
      yield* Effect.yieldNow
      const waited = yield* Deferred.make<void>()
      const next = yield* Effect.forkChild(
        Effect.scoped(places.enter(large, Deferred.succeed(waited, undefined).pipe(Effect.asVoid))),
      )
      yield* Deferred.await(waited)
      yield* Fiber.interrupt(interrupted)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(next)
    }).pipe(Effect.provide(placesLayer)),
  )

  it.effect("send one set after the other, and up to three at once where one does not take all", () =>
    Effect.gen(function* () {
      const places = yield* Places
      let sending = 0
      let most = 0
      const send = (bytes: number) =>
        places.send((moved) =>
          Effect.gen(function* () {
            most = Math.max(most, ++sending)
            moved(bytes)
            yield* Effect.yieldNow
            most = Math.max(most, sending--)
          }),
        )
      const sendAll = (bytes: number) =>
        Effect.all(
          Array.from({ length: 9 }, () => send(bytes)),
          { concurrency: "unbounded" },
        )
      yield* sendAll(1)
      assert.strictEqual(most, 1)
      yield* sendAll(100 * MEBIBYTE)
      assert.strictEqual(most, 3)
    }).pipe(Effect.provide(placesLayer)),
  )

  it.effect("send what a person awaits beside what is being sent", () =>
    Effect.gen(function* () {
      const places = yield* Places
      const long = yield* Effect.forkChild(places.send(() => Effect.never))
      const other = yield* Effect.forkChild(places.send(() => Effect.void))
      yield* Effect.yieldNow
      yield* places.send(() => Effect.void, true)
      assert.isUndefined(other.pollUnsafe())
      yield* Fiber.interrupt(long)
      yield* Fiber.join(other)
    }).pipe(Effect.provide(placesLayer)),
  )
})
