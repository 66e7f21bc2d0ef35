import { Context, Effect, Layer, Queue } from "effect"

/** Bells of accounts; rings that nobody listens to are kept, once. */
interface Bells {
  readonly ring: (accountId: string) => Effect.Effect<void>
  /** Rings at everybody who was ever rung at or has listened. */
  readonly ringAll: Effect.Effect<void>
  /** Completes with the next ring, or with one that came meanwhile. */
  readonly heard: (accountId: string) => Effect.Effect<void>
}

const makeBells = Effect.sync((): Bells => {
  const bells = new Map<string, Queue.Queue<void>>()
  const bellOf = Effect.fn("bellOf")(function* (accountId: string) {
    const bell = bells.get(accountId) ?? (yield* Queue.sliding<void>(1))
    bells.set(accountId, bell)
    return bell
  })
  return {
    ring: (accountId) => Effect.flatMap(bellOf(accountId), (bell) => Effect.asVoid(Queue.offer(bell, undefined))),
    ringAll: Effect.sync(() => {
      for (const bell of bells.values()) Queue.offerUnsafe(bell, undefined)
    }),
    heard: (accountId) => Effect.flatMap(bellOf(accountId), Queue.take),
  }
})

/** Tells an account that somebody has asked it for something; a parked one lives again for that. */
export class RequestBell extends Context.Service<RequestBell, Bells>()("src/supervisor/RequestBell") {
  static readonly layer = Layer.effect(RequestBell, makeBells)
}

/** Tells the accounts that live, and the watch over them, that the web app has asked for something. */
export class AppRequestBell extends Context.Service<
  AppRequestBell,
  {
    readonly accounts: Bells
    readonly ringWatch: Effect.Effect<void>
    /** Completes with the next ring for the watch, or with one that came meanwhile. */
    readonly watchHeard: Effect.Effect<void>
  }
>()("src/supervisor/AppRequestBell") {
  static readonly layer = Layer.effect(
    AppRequestBell,
    Effect.gen(function* () {
      const watch = yield* Queue.sliding<void>(1)
      return AppRequestBell.of({
        accounts: yield* makeBells,
        ringWatch: Effect.asVoid(Queue.offer(watch, undefined)),
        watchHeard: Queue.take(watch),
      })
    }),
  )
}
