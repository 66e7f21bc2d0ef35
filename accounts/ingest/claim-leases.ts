import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { releaseClaims, renewLeases } from "../../db/claims.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"

/** A claim that is not renewed for this long may be taken by another account. */
export const LEASE_SECONDS = 90

/**
 * Keeps this account's claims for as long as the scope lives: renewed well before they run out, given back at once when
 * it ends.
 */
export const keepClaims = Effect.fn("keepClaims")(function* () {
  const { accountId } = yield* AccountConfig
  // Bounded, because TDLib still has to be closed in order after this.
  yield* Effect.addFinalizer(() => releaseClaims(accountId).pipe(Effect.timeout("3 seconds"), Effect.ignore))
  yield* renewLeases(accountId, LEASE_SECONDS).pipe(
    Effect.catch((error) => logEvent.warn("lease.late", "Claims could not be renewed", { error: error.message })),
    Effect.repeat(Schedule.spaced(`${LEASE_SECONDS / 4} seconds`)),
    Effect.forkScoped,
  )
})
