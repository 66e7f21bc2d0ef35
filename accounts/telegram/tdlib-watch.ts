import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Tdlib } from "./tdlib.ts"

interface Patience {
  readonly every: Duration.Input
  readonly limitSeconds: number
}

/** A slow disk may hold TDLib up for long; one that does not answer at all must not do so for months. */
const PATIENCE: Patience = { every: "30 seconds", limitSeconds: 60 }

/**
 * Asks TDLib again and again for something that it knows by itself, and tells `onHung` when it does not answer: its
 * threads may stand still while the event loop of this one turns. Runs for as long as its scope lives.
 */
export const watchTdlib = (onHung: (why: string) => void, { every, limitSeconds } = PATIENCE) =>
  Effect.gen(function* () {
    const tdlib = yield* Tdlib
    yield* tdlib.invoke({ _: "getOption", name: "version" }, limitSeconds).pipe(
      // An error is an answer too.
      Effect.catchIf(
        (error) => error.kind !== "timeout",
        () => Effect.void,
      ),
      Effect.delay(every),
      Effect.forever,
      Effect.catch(() => Effect.sync(() => onHung(`TDLib did not answer for ${limitSeconds} s`))),
      Effect.forkScoped,
    )
  })
