import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { storePremium } from "../../db/accounts.ts"
import { logEvent } from "../../src/log-line.ts"
import { Supervisor } from "../supervisor-client.ts"

const MEBIBYTE = 1024 * 1024

/** What one message may hold: 8,000 (premium) or 4,000 parts of 512 KiB, less a margin (facts/peers.md, 3b). */
export const uploadLimit = (isPremium: boolean): number => (isPremium ? 3950 : 1950) * MEBIBYTE

/** What one message of this account may hold now: Premium comes and goes while the account works. */
export class UploadLimit extends Context.Service<
  UploadLimit,
  {
    /** For a set that begins its way now. */
    readonly bytes: () => number
    readonly isPremium: () => boolean
    /** What Telegram says of the account now. */
    readonly note: (isPremium: boolean) => void
    /** The server has refused what only Premium allows: the free limit holds until Telegram says Premium anew. */
    readonly refuse: Effect.Effect<void>
  }
>()("accounts/telegram/UploadLimit") {}

/**
 * The limit, and the update listener that keeps it: it must hear TDLib from the first update on. `maxPartBytes`: the
 * operator's own limit, null for none. `onChange` hears of Premium that came or went.
 */
export const makeUploadLimit = (maxPartBytes: number | null, onChange: (isPremium: boolean) => void) => {
  let me: number | undefined
  let isPremium: boolean | undefined
  let isRefused = false
  const note = (now: boolean) => {
    if (isPremium === now) return
    const isKnown = isPremium !== undefined
    isPremium = now
    isRefused = false
    if (isKnown) onChange(now)
  }
  const bytes = () => {
    const limit = uploadLimit(isPremium === true && !isRefused)
    return Math.min(limit, maxPartBytes ?? limit)
  }
  return {
    layer: Layer.succeed(UploadLimit, {
      bytes,
      note,
      isPremium: () => isPremium === true,
      refuse: Effect.suspend(() => {
        if (isPremium !== true || isRefused) return Effect.void
        isRefused = true
        return logEvent.warn(
          "premium.refused",
          "The server does not take what Premium allows; sets are split for free accounts",
        )
      }),
    }),
    listener: (update: Td.Update) => {
      if (update._ === "updateOption" && update.name === "my_id" && update.value._ === "optionValueInteger")
        me = Number(update.value.value)
      if (update._ === "updateUser" && update.user.id === me) note(update.user.is_premium)
    },
  }
}

/** As `makeUploadLimit`, with every change logged, told to the supervisor and stored while the scope lives. */
export const makeStoredUploadLimit = Effect.fn("makeStoredUploadLimit")(function* (
  accountId: string,
  maxPartBytes: number | null,
) {
  const supervisor = yield* Supervisor
  const changes = yield* Queue.sliding<boolean>(1)
  yield* Queue.take(changes).pipe(
    Effect.flatMap((isPremium) =>
      Effect.andThen(
        logEvent.info("premium.changed", isPremium ? "The account has Premium now" : "The account's Premium is over", {
          isPremium,
        }),
        Effect.andThen(Effect.ignore(supervisor.premiumChanged(isPremium)), storePremium(accountId, isPremium)),
      ),
    ),
    Effect.catch((error) =>
      logEvent.warn("premium.unwritten", "Premium could not be stored", { error: error.message }),
    ),
    Effect.forever,
    Effect.forkScoped,
  )
  return makeUploadLimit(maxPartBytes, (isPremium) => Queue.offerUnsafe(changes, isPremium))
})
