import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { type EndKind, type RestartPolicy, superviseLives } from "./restart-policy.ts"

const policy: RestartPolicy = {
  restart: "permanent",
  maxRestarts: 3,
  within: Duration.minutes(1),
  base: Duration.seconds(1),
  cap: Duration.seconds(3),
}
const alwaysFailed = (): EndKind => "failed"

/** Counts lives, each of which ends with `life`, and collects the delays between them. */
const observe = (
  chosen: RestartPolicy,
  life: Effect.Effect<void, string>,
  kindOf: (error: string) => EndKind = alwaysFailed,
) =>
  Effect.gen(function* () {
    const lives = yield* Ref.make(0)
    const delays: Array<number> = []
    const fiber = yield* superviseLives(
      chosen,
      Effect.andThen(
        Ref.update(lives, (n) => n + 1),
        life,
      ),
      kindOf,
      (restart) => Effect.sync(() => void delays.push(Duration.toMillis(restart.delay))),
    ).pipe(Effect.exit, Effect.forkChild)
    yield* TestClock.adjust(0)
    return { lives: Ref.get(lives), delays, fiber }
  })

describe("the restart policy", () => {
  it.effect("restarts with doubled, capped delays and gives up after too many", () =>
    Effect.gen(function* () {
      const { delays, fiber, lives } = yield* observe(policy, Effect.fail("boom"))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* lives, 4)
      assert.lengthOf(delays, 3)
      const [first = 0, second = 0, third = 0] = delays
      assert.isTrue(first >= 800 && first <= 1200)
      assert.isTrue(second >= 1600 && second <= 2400)
      assert.isTrue(third >= 2400 && third <= 3600)
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isFailure(exit))
    }),
  )

  it.effect("forgets restarts that are older than the window", () =>
    Effect.gen(function* () {
      const { fiber, lives } = yield* observe(policy, Effect.andThen(Effect.sleep("2 minutes"), Effect.fail("late")))
      yield* TestClock.adjust("1 hour")
      assert.isAbove(yield* lives, 20)
      yield* Fiber.interrupt(fiber)
    }),
  )

  it.effect("does not restart a transient life that ended well, nor a temporary one", () =>
    Effect.gen(function* () {
      const transient = yield* observe({ ...policy, restart: "transient" }, Effect.void)
      const temporary = yield* observe({ ...policy, restart: "temporary" }, Effect.fail("boom"))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* transient.lives, 1)
      assert.strictEqual(yield* temporary.lives, 1)
    }),
  )

  it.effect("does not restart what no restart can mend", () =>
    Effect.gen(function* () {
      const { fiber, lives } = yield* observe(policy, Effect.fail("banned"), (error) =>
        error === "banned" ? "hopeless" : "failed",
      )
      assert.strictEqual(yield* lives, 1)
      const exit = yield* Fiber.join(fiber)
      assert.strictEqual(Exit.isFailure(exit) ? Cause.squash(exit.cause) : "success", "banned")
    }),
  )

  it.effect("begins a life again at once, and does not count it, when its end was asked for", () =>
    Effect.gen(function* () {
      let asked = 0
      const life = Effect.suspend(() => (asked++ < 10 ? Effect.fail("asked") : Effect.never))
      const { delays, fiber, lives } = yield* observe(policy, life, () => "asked")
      assert.strictEqual(yield* lives, 11)
      assert.deepStrictEqual(delays, Array(10).fill(0))
      yield* Fiber.interrupt(fiber)
    }),
  )

  it.effect("ends the life it runs when it is interrupted", () =>
    Effect.gen(function* () {
      const ended = yield* Ref.make(false)
      const { fiber } = yield* observe(policy, Effect.ensuring(Effect.never, Ref.set(ended, true)))
      yield* Fiber.interrupt(fiber)
      assert.isTrue(yield* Ref.get(ended))
    }),
  )
})
