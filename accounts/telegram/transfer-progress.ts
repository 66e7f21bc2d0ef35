import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { timedOut } from "./telegram-error.ts"

/** A transfer that moves no byte for this long is given up and tried again later, with what is there kept. */
const STALL_LIMIT_SECONDS = 300

/**
 * Watches a transfer: `moved` notes progress, `stalled` fails with kind `timeout` once nothing has moved for five
 * minutes and never succeeds. Race it against the transfer.
 */
export const stallWatch = Effect.fn("stallWatch")(function* (call: string) {
  const clock = yield* Clock.Clock
  let lastMove = clock.currentTimeMillisUnsafe()
  const check = Effect.suspend(() =>
    clock.currentTimeMillisUnsafe() - lastMove > STALL_LIMIT_SECONDS * 1000
      ? Effect.fail(timedOut(call, STALL_LIMIT_SECONDS))
      : Effect.void,
  )
  return {
    moved: () => {
      lastMove = clock.currentTimeMillisUnsafe()
    },
    stalled: check.pipe(Effect.repeat(Schedule.spaced("5 seconds")), Effect.andThen(Effect.never)),
  }
})
