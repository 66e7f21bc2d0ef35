import { Context, Effect, Layer, Queue } from "effect"

/**
 * Ends the rest of accounts before its time. A call that comes while an account works is kept: it goes through its
 * sources once more right after.
 */
export class Wake extends Context.Service<
  Wake,
  {
    /** Listens for an account's calls from now on; the answer waits for the next one, or for one that came meanwhile. */
    readonly listen: (accountId: string) => Effect.Effect<Effect.Effect<void>>
    /** Calls these accounts, of those that listen; all of them when none is named. */
    readonly call: (accountIds: ReadonlyArray<string>) => Effect.Effect<void>
  }
>()("src/supervisor/Wake") {
  static readonly layer = Layer.effect(
    Wake,
    Effect.sync(() => {
      const bells = new Map<string, Queue.Queue<void>>()
      return Wake.of({
        listen: (accountId) =>
          Effect.gen(function* () {
            const bell = bells.get(accountId) ?? (yield* Queue.sliding<void>(1))
            bells.set(accountId, bell)
            return Queue.take(bell)
          }),
        call: (accountIds) =>
          Effect.sync(() => {
            const called = accountIds.length === 0 ? [...bells.keys()] : accountIds
            for (const bell of called.flatMap((id) => bells.get(id) ?? [])) Queue.offerUnsafe(bell, undefined)
          }),
      })
    }),
  )
}
