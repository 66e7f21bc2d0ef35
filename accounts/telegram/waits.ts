import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { kindOfCall } from "./call-kind.ts"
import type { AskedToWait } from "./flood-log.ts"
import { TelegramError } from "./telegram-error.ts"

/** A wait that Telegram asked for. Times are Unix milliseconds. */
export interface Wait {
  readonly kind: string
  readonly cause: AskedToWait["cause"]
  readonly since: number
  readonly until: number
  /** How often Telegram has said so since it began. */
  readonly count: number
}

/** A wait up to this long is sat out where it comes up; for a longer one, what has to wait is put off. */
const LONGEST_SAT_OUT_SECONDS = 60
/** So much longer than asked it is waited, for the server's clock and ours. */
const GRACE_SECONDS = 1
/** So often a call is made again that is answered with such a wait each time. */
const SAT_OUT_TIMES = 5
/** Where Telegram says "too many" and not until when. */
const UNSAID_SECONDS = 5
/** A login that has to wait is a state of its own, which begins anew by itself. */
const shownByThemselves: ReadonlySet<string> = new Set(["login codes", "logins"])
/** Whoever was slowed down is taken for slowed down for so long after. */
const THROTTLED_GRACE_SECONDS = 60
/** That it goes on is told so much before it would be taken for over: Telegram says so many times a second. */
const THROTTLED_NEWS_MILLIS = 20_000
/** The log and the answer of a call come by different ways, one right after the other. */
const TELLING = "200 millis"

const tooMany = (call: string, seconds: number): TelegramError =>
  new TelegramError({
    call,
    kind: "flood",
    code: 429,
    text: `Too Many Requests: retry after ${seconds}`,
    retryAfterSeconds: seconds,
  })

export interface Waits {
  /** Telegram has asked to wait. */
  readonly note: (asked: AskedToWait) => void
  /**
   * The one gate of the account: lets a call through, after a wait of its kind of up to a minute. Fails with kind `flood` at
   * once, asking nobody, when the wait is longer.
   */
  readonly pass: (call: string) => Effect.Effect<void, TelegramError>
  /** TDLib says of a transfer that it has stopped, not that it has to wait: the wait, if that is why. */
  readonly explain: (error: TelegramError) => Effect.Effect<TelegramError>
  /** What has changed since this was last asked. */
  readonly takeChanges: () => ReadonlyArray<Wait>
}

const keyOf = ({ cause, kind }: Pick<Wait, "cause" | "kind">): string => `${cause} ${kind}`

/** The waits of one account, with those of an earlier life. `onChange` hears that there is something to take. */
export const makeWaits = (clock: Clock.Clock, earlier: ReadonlyArray<Wait>, onChange: () => void): Waits => {
  const waits = new Map(earlier.map((wait) => [keyOf(wait), wait]))
  const changed = new Set<string>()
  const toldUntil = new Map(earlier.map((wait) => [keyOf(wait), wait.until]))
  const remaining = (call: string): number => {
    const wait = waits.get(keyOf({ cause: "flood", kind: kindOfCall(call) }))
    return wait === undefined ? 0 : Math.max(Math.ceil((wait.until - clock.currentTimeMillisUnsafe()) / 1000), 0)
  }
  const pass = (call: string): Effect.Effect<void, TelegramError> =>
    Effect.suspend(() => {
      const seconds = remaining(call)
      if (seconds === 0) return Effect.void
      if (seconds > LONGEST_SAT_OUT_SECONDS + GRACE_SECONDS) return tooMany(call, seconds)
      return Effect.andThen(Effect.sleep(`${seconds} seconds`), pass(call))
    })
  return {
    note: (asked) => {
      const now = clock.currentTimeMillisUnsafe()
      const key = keyOf(asked)
      const before = waits.get(key)
      const goesOn = before !== undefined && before.until > now
      const grace = asked.cause === "throttled" ? THROTTLED_GRACE_SECONDS : GRACE_SECONDS
      const until = Math.max(before?.until ?? 0, now + (asked.seconds + grace) * 1000)
      waits.set(key, {
        kind: asked.kind,
        cause: asked.cause,
        since: goesOn ? before.since : now,
        until,
        count: goesOn ? before.count + 1 : 1,
      })
      if (asked.cause === "throttled" && goesOn && until < (toldUntil.get(key) ?? 0) + THROTTLED_NEWS_MILLIS) return
      toldUntil.set(key, until)
      changed.add(key)
      onChange()
    },
    pass,
    explain: (error) =>
      Effect.andThen(
        Effect.sleep(TELLING),
        Effect.sync(() => {
          const seconds = remaining(error.call)
          return seconds === 0 ? error : tooMany(error.call, seconds)
        }),
      ),
    takeChanges: () => {
      const taken = [...changed].flatMap((key) => waits.get(key) ?? [])
      changed.clear()
      return taken
    },
  }
}

const isSatOut = ({ call, kind, retryAfterSeconds }: TelegramError): boolean =>
  kind === "flood" &&
  (retryAfterSeconds ?? UNSAID_SECONDS) <= LONGEST_SAT_OUT_SECONDS &&
  !shownByThemselves.has(kindOfCall(call))

/**
 * Makes a call once no wait forbids it, and again after a wait of up to a minute that it is answered with: TDLib sits out a
 * minute in all of one query, and then says so. Fails with kind `flood` when the wait is longer, or does not end.
 */
export const throughGate = <A, R>(
  { note, pass }: Pick<Waits, "note" | "pass">,
  name: string,
  call: Effect.Effect<A, TelegramError, R>,
): Effect.Effect<A, TelegramError, R> =>
  call.pipe(
    Effect.tapError(({ kind, retryAfterSeconds }) =>
      Effect.sync(() => {
        if (kind === "flood")
          note({ kind: kindOfCall(name), cause: "flood", seconds: retryAfterSeconds ?? UNSAID_SECONDS })
      }),
    ),
    (noted) => Effect.andThen(pass(name), noted),
    Effect.retry({ while: isSatOut, times: SAT_OUT_TIMES }),
  )

/** Waits that nobody else knows of, for a TDLib without a database beside it. */
export const privateWaits: Effect.Effect<Waits> = Effect.map(Clock.Clock, (clock) =>
  makeWaits(clock, [], () => undefined),
)
