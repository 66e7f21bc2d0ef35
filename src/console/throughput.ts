import { Context, Effect, Layer, Schedule, SubscriptionRef } from "effect"
import { movedBytesOf } from "../supervisor/meters.ts"
import { StatusBoard } from "../supervisor/status-board.ts"

/** Half an hour is kept, a step each. */
const STEP_SECONDS = 10
const STEPS = 180

export interface AccountThroughput {
  readonly accountId: string
  readonly label: string
  /** Bytes a second in each step, the newest last. */
  readonly down: ReadonlyArray<number>
  readonly up: ReadonlyArray<number>
}

interface Course {
  readonly label: string
  readonly moved: { readonly down: number; readonly up: number }
  readonly down: ReadonlyArray<number>
  readonly up: ReadonlyArray<number>
}

const longer = (rates: ReadonlyArray<number>, before: number, now: number): ReadonlyArray<number> =>
  [...rates, Math.max(0, Math.round((now - before) / STEP_SECONDS))].slice(-STEPS)

/** How fast every account's files came and went lately. */
export class Throughput extends Context.Service<
  Throughput,
  { readonly stepSeconds: number; readonly lately: Effect.Effect<ReadonlyArray<AccountThroughput>> }
>()("src/console/Throughput") {
  static readonly layer = Layer.effect(
    Throughput,
    Effect.gen(function* () {
      const { status } = yield* StatusBoard
      let courses: ReadonlyMap<string, Course> = new Map()
      const step = Effect.gen(function* () {
        const next = new Map<string, Course>()
        for (const { accountId, label } of (yield* SubscriptionRef.get(status)).accounts.values()) {
          const moved = { down: yield* movedBytesOf(label, "down"), up: yield* movedBytesOf(label, "up") }
          const before = courses.get(accountId)
          next.set(accountId, {
            label,
            moved,
            down: before === undefined ? [] : longer(before.down, before.moved.down, moved.down),
            up: before === undefined ? [] : longer(before.up, before.moved.up, moved.up),
          })
        }
        courses = next
      })
      yield* Effect.forkScoped(Effect.repeat(step, Schedule.spaced(`${STEP_SECONDS} seconds`)))
      const lately = Effect.sync(() =>
        [...courses].map(([accountId, { down, label, up }]) => ({ accountId, label, down, up })),
      )
      return Throughput.of({ stepSeconds: STEP_SECONDS, lately })
    }),
  )
}
