import { Cause, Clock, Duration, Effect, Exit, Random, Result, Schema } from "effect"

/** How a failed life is followed by the next, in the words of OTP. */
export interface RestartPolicy {
  /** permanent: always restarted; transient: only after a failure; temporary: never. */
  readonly restart: "permanent" | "transient" | "temporary"
  /** More restarts than this... */
  readonly maxRestarts: number
  /** ... within this time, and the policy gives up. */
  readonly within: Duration.Duration
  /** First delay; doubled for each restart in the window. */
  readonly base: Duration.Duration
  /** Longest delay. */
  readonly cap: Duration.Duration
}

/** Thrown when: a life failed more often than its policy allows. */
export class TooManyRestarts extends Schema.TaggedError<TooManyRestarts>()("TooManyRestarts", {
  restarts: Schema.Int,
  lastReason: Schema.String,
}) {
  override get message(): string {
    return `gave up after ${this.restarts} restarts; the last life ended with: ${this.lastReason}`
  }
}

export interface Restart {
  readonly reason: string
  readonly delay: Duration.Duration
  /** Whether the end of the life before was asked for. */
  readonly isAsked: boolean
  /** Restarts within the window, this one included. */
  readonly count: number
}

const reasonOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "ended by itself"
  const failure = Cause.squash(exit.cause)
  return failure instanceof Error ? failure.message : String(failure)
}

/** What the end of a life means: `asked` for: begun again at once, and not counted; `hopeless`: no restart can mend it. */
export type EndKind = "asked" | "failed" | "hopeless"

/**
 * Runs `life` again and again by `policy`. A window of time stamps decides, so a long stable run resets the backoff.
 * Interruption ends the loop and the life in it.
 * Fails with {@link TooManyRestarts} when the policy gives up, and at once with an error that is hopeless.
 */
export const superviseLives = Effect.fn("superviseLives")(function* <E, R>(
  policy: RestartPolicy,
  life: Effect.Effect<void, E, R>,
  kindOf: (error: E) => EndKind,
  onRestart: (restart: Restart) => Effect.Effect<void>,
) {
  const window = Duration.toMillis(policy.within)
  let restarts: ReadonlyArray<number> = []
  for (;;) {
    const exit = yield* Effect.exit(life)
    if (Exit.isFailure(exit)) {
      const error = Cause.findError(exit.cause)
      const kind = Result.isSuccess(error) ? kindOf(error.success) : "failed"
      if (Result.isSuccess(error) && kind === "hopeless") return yield* Effect.fail(error.success)
      if (kind === "asked") {
        yield* onRestart({ reason: reasonOf(exit), delay: Duration.zero, isAsked: true, count: restarts.length })
        continue
      }
    }
    if (policy.restart === "temporary") return
    if (policy.restart === "transient" && Exit.isSuccess(exit)) return
    const now = yield* Clock.currentTimeMillis
    restarts = [...restarts.filter((time) => now - time < window), now]
    const reason = reasonOf(exit)
    if (restarts.length > policy.maxRestarts)
      return yield* new TooManyRestarts({ restarts: restarts.length - 1, lastReason: reason })
    const doubled = Duration.times(policy.base, 2 ** (restarts.length - 1))
    const jitter = 0.8 + 0.4 * (yield* Random.next)
    const delay = Duration.times(Duration.min(doubled, policy.cap), jitter)
    yield* onRestart({ reason, delay, isAsked: false, count: restarts.length })
    yield* Effect.sleep(delay)
  }
})
