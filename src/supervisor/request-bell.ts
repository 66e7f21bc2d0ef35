import { Context, Effect, Layer, Queue } from "effect"

/** Tells an account that somebody has asked it for something; rings that nobody listens to are kept, once. */
export class RequestBell extends Context.Service<
  RequestBell,
  {
    readonly ring: (accountId: string) => Effect.Effect<void>
    /** Rings at everybody: somebody may have been asked for something. */
    readonly ringAll: Effect.Effect<void>
    /** Completes with the next ring, or with one that came meanwhile. */
    readonly heard: (accountId: string) => Effect.Effect<void>
  }
>()("src/supervisor/RequestBell") {
  static readonly layer = Layer.effect(
    RequestBell,
    Effect.sync(() => {
      const bells = new Map<string, Queue.Queue<void>>()
      const bellOf = Effect.fn("RequestBell.bellOf")(function* (accountId: string) {
        const bell = bells.get(accountId) ?? (yield* Queue.sliding<void>(1))
        bells.set(accountId, bell)
        return bell
      })
      return RequestBell.of({
        ring: (accountId) => Effect.flatMap(bellOf(accountId), (bell) => Effect.asVoid(Queue.offer(bell, undefined))),
        ringAll: Effect.sync(() => {
          for (const bell of bells.values()) Queue.offerUnsafe(bell, undefined)
        }),
        heard: (accountId) => Effect.flatMap(bellOf(accountId), Queue.take),
      })
    }),
  )
}
