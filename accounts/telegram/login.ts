import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { AccountError, type LoginState, loginError } from "../../src/channel/account-rpcs.ts"
import { loginFailure } from "./login-failure.ts"
import { Tdlib } from "./tdlib.ts"
import type { TelegramError } from "./telegram-error.ts"

/** TDLib's authorisation states from the first update on, so that none is missed before a login is driven. */
export class AuthorizationStates extends Context.Service<
  AuthorizationStates,
  {
    readonly next: Effect.Effect<Td.AuthorizationState>
    /** Fails once the session of an account that was logged in has ended; never succeeds. */
    readonly sessionEnded: Effect.Effect<never, AccountError>
    /** From now on it is we who end the session. */
    readonly expectEnd: () => void
  }
>()("accounts/telegram/AuthorizationStates") {}

/** The states and the update listener that hears them. At most a handful of states per login. */
export const makeAuthorizationStates = Effect.map(Queue.sliding<Td.AuthorizationState>(64), (queue) => {
  const ended = Deferred.makeUnsafe<never, AccountError>()
  let isWatched = false
  let isExpected = false
  return {
    layer: Layer.succeed(AuthorizationStates, {
      next: Queue.take(queue),
      sessionEnded: Deferred.await(ended),
      expectEnd: () => {
        isExpected = true
      },
    }),
    listener: (update: Td.Update) => {
      if (update._ !== "updateAuthorizationState") return
      const { authorization_state: state } = update
      if (state._ === "authorizationStateReady") isWatched = true
      // A session that Telegram ends: TDLib empties its folder and closes (an orderly close says Closing first).
      if (state._ === "authorizationStateLoggingOut" && isWatched && !isExpected)
        Deferred.doneUnsafe(ended, Exit.fail(loginError("session_ended")))
      Queue.offerUnsafe(queue, state)
    },
  }
})

/** Asks TDLib whether the account is premium; offline it answers what it knew last. */
export const isPremiumAccount = Effect.gen(function* () {
  const tdlib = yield* Tdlib
  return (yield* tdlib.invoke({ _: "getMe" })).is_premium
})

/** True when this account still has its session: known without any packet leaving the machine. */
export const waitForFirstState = Effect.fn("Login.waitForFirstState")(function* () {
  const states = yield* AuthorizationStates
  for (;;) {
    const state = yield* states.next
    if (state._ === "authorizationStateWaitTdlibParameters") continue
    return state
  }
})

export interface LoginWay {
  readonly phone: string
  /** `qr`: another device of the account scans a code; its password is asked for all the same. */
  readonly method: "code" | "qr"
}

type Report = (state: LoginState) => Effect.Effect<void>

/** How Telegram sent the code, in words. */
const sentBy: Readonly<Record<string, string>> = {
  authenticationCodeTypeTelegramMessage: "as a message in your other Telegram apps",
  authenticationCodeTypeSms: "by SMS",
  authenticationCodeTypeCall: "by a phone call",
  authenticationCodeTypeFlashCall: "as the number of a phone call",
  authenticationCodeTypeMissedCall: "as the last digits of a missed call's number",
  authenticationCodeTypeFragment: "to fragment.com",
}

/** Waits, visibly, as long as Telegram asks, and begins again: no code was sent, so nobody waits for one. */
const begin = ({ method, phone }: LoginWay, report: Report): Effect.Effect<void, AccountError, Tdlib> =>
  Effect.flatMap(Tdlib, (tdlib) =>
    method === "qr"
      ? tdlib.invoke({ _: "requestQrCodeAuthentication" })
      : tdlib.invoke({ _: "setAuthenticationPhoneNumber", phone_number: phone }),
  ).pipe(
    Effect.asVoid,
    Effect.catch((error) => Effect.flatMap(failureOf(error), (failure) => sitOut(failure, report))),
    Effect.repeat({ while: (mustRepeat) => mustRepeat === true }),
    Effect.asVoid,
  )

const sitOut = Effect.fn("Login.sitOut")(function* (failure: AccountError, report: Report) {
  if (failure.until === undefined) return yield* failure
  yield* report({ _tag: "WaitingFlood", until: failure.until })
  yield* Effect.sleep(Math.max(failure.until - (yield* Clock.currentTimeMillis), 0))
  return true
})

/** No answer, or a TDLib that closes, is no word of Telegram's: the next life tries again. */
const failureOf = (error: TelegramError): Effect.Effect<AccountError> =>
  error.kind === "timeout" || error.kind === "closed"
    ? Effect.succeed(new AccountError({ who: "retry", message: error.message }))
    : loginFailure(error)

const orLoginError = <A, R>(call: Effect.Effect<A, TelegramError, R>): Effect.Effect<A, AccountError, R> =>
  Effect.catch(call, (error) => Effect.flatMap(failureOf(error), Effect.fail))

/** A session that has ended by itself meanwhile has ended. */
const isOver = ({ kind }: TelegramError): boolean => kind === "unauthorised" || kind === "closed"

const untilClosed = Effect.gen(function* () {
  const states = yield* AuthorizationStates
  while ((yield* states.next)._ !== "authorizationStateClosed");
})

/** Ends the session at Telegram and empties TDLib's folder: also the only way back from a QR code to a login by code. */
const logOut = Effect.fn("Login.logOut")(
  function* () {
    const tdlib = yield* Tdlib
    const states = yield* AuthorizationStates
    states.expectEnd()
    yield* orLoginError(tdlib.invoke({ _: "logOut" }).pipe(Effect.catchIf(isOver, () => Effect.void)))
    yield* untilClosed
  },
  Effect.timeoutOrElse({
    duration: "30 seconds",
    orElse: () => new AccountError({ who: "retry", message: "TDLib did not log out within 30 s" }),
  }),
)

/** Ends the session that an account has here, if it has one, and answers whether it had. TDLib is offline before. */
export const endSession = Effect.fn("Login.endSession")(function* () {
  const tdlib = yield* Tdlib
  const first = yield* waitForFirstState()
  if (first._ === "authorizationStateReady") {
    yield* tdlib.goOnline
    yield* logOut()
    return true
  }
  // Begun in an earlier life, which did not reach Telegram.
  if (first._ !== "authorizationStateLoggingOut") return false
  yield* tdlib.goOnline
  yield* untilClosed
  return true
})

const digits = (phone: string): string => phone.replace(/\D/g, "")

/**
 * An account that has its session is still offline here, and one that was killed right after its first login has not
 * stored itself: TDLib would answer in no life. Settling asks again, online.
 */
const ME_LIMIT_SECONDS = 10

/** Whoever scans a QR code decides which account is logged in: it must be this one. */
const ready = Effect.fn("Login.ready")(function* ({ method, phone }: LoginWay) {
  const tdlib = yield* Tdlib
  const me = yield* orLoginError(
    tdlib.invoke({ _: "getMe" }, ME_LIMIT_SECONDS).pipe(
      Effect.catchIf(
        (error) => error.kind === "timeout" && method !== "qr",
        () => Effect.succeed(undefined),
      ),
    ),
  )
  if (me === undefined) return { _tag: "Ready", isPremium: false } as const
  if (method === "qr" && digits(me.phone_number) !== digits(phone)) {
    yield* Effect.ignore(logOut())
    return yield* loginError("wrong_account")
  }
  return { _tag: "Ready", isPremium: me.is_premium } as const
})

/**
 * Drives the login from `first` until TDLib is ready, telling `report` where it stands. Codes and passwords come in by
 * {@link submitCode} and {@link submitPassword}. TDLib must be online unless the account is logged in already.
 * Waits for people, and for as long as Telegram asks: both are reported. Fails with `AccountError` when the login cannot go on.
 */
export const logIn = Effect.fn("Login.logIn")(function* (way: LoginWay, first: Td.AuthorizationState, report: Report) {
  const states = yield* AuthorizationStates
  const wasLoggedIn = first._ === "authorizationStateReady"
  let state = first
  for (;;) {
    switch (state._) {
      case "authorizationStateReady":
        return yield* Effect.tap(ready(wasLoggedIn ? { ...way, method: "code" } : way), report)
      case "authorizationStateWaitPhoneNumber":
        yield* begin(way, report)
        break
      case "authorizationStateWaitCode":
        // Remembered from an earlier life that was asked for a code.
        if (way.method === "qr") yield* begin(way, report)
        else yield* report({ _tag: "WaitingCode", sentBy: sentBy[state.code_info.type._] ?? "" })
        break
      case "authorizationStateWaitOtherDeviceConfirmation":
        if (way.method === "code") {
          yield* Effect.ignore(logOut())
          return yield* new AccountError({
            who: "retry",
            message: "the login begins anew, by code instead of a QR code",
          })
        }
        yield* report({ _tag: "WaitingScan", link: state.link })
        break
      case "authorizationStateWaitPassword":
        yield* report({ _tag: "WaitingPassword", hint: state.password_hint })
        break
      case "authorizationStateWaitRegistration":
        return yield* loginError("sign_up_needed")
      case "authorizationStateLoggingOut":
      case "authorizationStateClosing":
      case "authorizationStateClosed":
        return yield* loginError("session_ended")
      case "authorizationStateWaitEmailAddress":
      case "authorizationStateWaitEmailCode":
      case "authorizationStateWaitPremiumPurchase":
        return yield* loginError("unsupported_step", state._)
      case "authorizationStateWaitTdlibParameters":
        break
    }
    state = yield* states.next
  }
})

/** Hands in the login code. Fails with `AccountError` when Telegram does not take it. */
export const submitCode = (code: string) =>
  Effect.flatMap(Tdlib, (tdlib) => Effect.asVoid(orLoginError(tdlib.invoke({ _: "checkAuthenticationCode", code }))))

/** Hands in the two-step verification password. Fails with `AccountError` when Telegram does not take it. */
export const submitPassword = (password: string) =>
  Effect.flatMap(Tdlib, (tdlib) =>
    Effect.asVoid(orLoginError(tdlib.invoke({ _: "checkAuthenticationPassword", password }))),
  )

/** Has another code sent; the login goes on with a new state that waits for it. */
export const renewCode = (phone: string) =>
  Effect.flatMap(Tdlib, (tdlib) =>
    Effect.asVoid(orLoginError(tdlib.invoke({ _: "setAuthenticationPhoneNumber", phone_number: phone }))),
  )
