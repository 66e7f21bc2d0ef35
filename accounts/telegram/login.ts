import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { AccountError, type LoginState } from "../../src/channel/account-rpcs.ts"
import { Tdlib } from "./tdlib.ts"
import type { TelegramError } from "./telegram-error.ts"

const MEBIBYTE = 1024 * 1024

/** What one message may hold: 8,000 (premium) or 4,000 parts of 512 KiB, less a margin (facts/peers.md, 3b). */
export const uploadLimit = (isPremium: boolean): number => (isPremium ? 3950 : 1950) * MEBIBYTE

/** Collects TDLib's authorisation states from the first update on, so that none is missed before a login is driven. */
export class AuthorizationStates extends Context.Service<AuthorizationStates, Queue.Queue<Td.AuthorizationState>>()(
  "accounts/telegram/AuthorizationStates",
) {}

/** A queue of authorisation states and the update listener that fills it. At most a handful of states per login. */
export const makeAuthorizationStates = Effect.map(Queue.sliding<Td.AuthorizationState>(64), (queue) => ({
  layer: Layer.succeed(AuthorizationStates, queue),
  listener: (update: Td.Update) => {
    if (update._ === "updateAuthorizationState") Queue.offerUnsafe(queue, update.authorization_state)
  },
}))

const stopped = (message: string) => new AccountError({ who: "operator", message })

/** Asks TDLib whether the account is premium; offline it answers what it knew last. */
export const isPremiumAccount = Effect.gen(function* () {
  const tdlib = yield* Tdlib
  return (yield* tdlib.invoke({ _: "getMe" })).is_premium
})

const readyState = Effect.fn("Login.readyState")(function* () {
  return { _tag: "Ready", isPremium: yield* isPremiumAccount } as const
})

/** True when this account still has its session: known without any packet leaving the machine. */
export const waitForFirstState = Effect.fn("Login.waitForFirstState")(function* () {
  const states = yield* AuthorizationStates
  for (;;) {
    const state = yield* Queue.take(states)
    if (state._ === "authorizationStateWaitTdlibParameters") continue
    return state
  }
})

/**
 * Drives the login from `first` until TDLib is ready, telling `report` where it stands. Codes and passwords come in by
 * {@link submitCode} and {@link submitPassword}. TDLib must be online unless the account is logged in already.
 * Fails with `AccountError` for the operator when the login cannot go on.
 */
export const logIn = Effect.fn("Login.logIn")(function* (
  phone: string,
  first: Td.AuthorizationState,
  report: (state: LoginState) => Effect.Effect<void>,
) {
  const tdlib = yield* Tdlib
  const states = yield* AuthorizationStates
  let state = first
  for (;;) {
    switch (state._) {
      case "authorizationStateReady":
        return yield* Effect.tap(readyState(), report)
      case "authorizationStateWaitPhoneNumber":
        yield* tdlib
          .invoke({ _: "setAuthenticationPhoneNumber", phone_number: phone })
          .pipe(Effect.mapError(refuse("Telegram did not take the phone number")))
        break
      case "authorizationStateWaitCode":
        yield* report({ _tag: "WaitingCode" })
        break
      case "authorizationStateWaitPassword":
        yield* report({ _tag: "WaitingPassword" })
        break
      case "authorizationStateWaitRegistration":
        return yield* stopped("this phone number has no Telegram account: sign up with an official app first")
      case "authorizationStateLoggingOut":
      case "authorizationStateClosing":
      case "authorizationStateClosed":
        return yield* stopped("the session was ended by Telegram or from another device: log in again")
      case "authorizationStateWaitEmailAddress":
      case "authorizationStateWaitEmailCode":
      case "authorizationStateWaitOtherDeviceConfirmation":
      case "authorizationStateWaitPremiumPurchase":
        return yield* stopped(`Telegram asks for a login step that the worker does not know (${state._})`)
      case "authorizationStateWaitTdlibParameters":
        break
    }
    state = yield* Queue.take(states)
  }
})

const refuse = (what: string) => (error: TelegramError) =>
  new AccountError({ who: "operator", message: `${what}: ${error.text}` })

/** Hands in the login code. Fails with `AccountError` when Telegram does not take it. */
export const submitCode = Effect.fn("Login.submitCode")(function* (code: string) {
  const tdlib = yield* Tdlib
  yield* tdlib.invoke({ _: "checkAuthenticationCode", code }).pipe(Effect.mapError(refuse("the code was not accepted")))
})

/** Hands in the two-step verification password. Fails with `AccountError` when Telegram does not take it. */
export const submitPassword = Effect.fn("Login.submitPassword")(function* (password: string) {
  const tdlib = yield* Tdlib
  yield* tdlib
    .invoke({ _: "checkAuthenticationPassword", password })
    .pipe(Effect.mapError(refuse("the password was not accepted")))
})
