import * as Effect from "effect/Effect"
import { Tdlib } from "./tdlib.ts"

const EVERY = "10 seconds"
const LIMIT_SECONDS = 60

/**
 * Asks TDLib again and again for something that it knows by itself, and tells `onHung` when it does not answer: its
 * threads may stand still while the event loop of this one turns. Runs for as long as its scope lives.
 */
export const watchTdlib = (onHung: (why: string) => void) =>
  Effect.gen(function* () {
    const tdlib = yield* Tdlib
    yield* tdlib.invoke({ _: "getOption", name: "version" }, LIMIT_SECONDS).pipe(
      Effect.delay(EVERY),
      Effect.forever,
      // A TDLib that is closing answers with an error, which is an answer too.
      Effect.catchIf(
        (error) => error.kind === "timeout",
        () => Effect.sync(() => onHung(`TDLib did not answer for ${LIMIT_SECONDS} s`)),
      ),
      Effect.ignore,
      Effect.forkScoped,
    )
  })
