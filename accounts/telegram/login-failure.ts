import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type AccountError, loginError } from "../../src/channel/account-rpcs.ts"
import type { LoginProblem } from "../../src/channel/login-problem.ts"
import type { TelegramError } from "./telegram-error.ts"

/** Telegram's words (core.telegram.org/method/auth.sendCode, auth.signIn, auth.checkPassword), and ours. */
const problems: ReadonlyArray<readonly [RegExp, LoginProblem]> = [
  [/PHONE_CODE_(INVALID|EMPTY|HASH_EMPTY)/, "wrong_code"],
  [/PHONE_CODE_EXPIRED/, "expired_code"],
  [/PASSWORD_HASH_INVALID/, "wrong_password"],
  [/PHONE_NUMBER_BANNED|USER_DEACTIVATED/, "phone_banned"],
  [/PHONE_NUMBER_UNOCCUPIED/, "sign_up_needed"],
  [/PHONE_NUMBER_INVALID/, "phone_invalid"],
  [/PHONE_(PASSWORD|NUMBER)_FLOOD/, "too_many_attempts"],
  [/AUTH_KEY_UNREGISTERED|SESSION_(REVOKED|EXPIRED)/, "session_ended"],
  [/UPDATE_APP_TO_LOGIN/, "unsupported_step"],
]

/** Where Telegram says "too many" but not until when, as with PHONE_NUMBER_FLOOD: about a day. */
const UNSAID_WAIT_SECONDS = 86_400

/** What an error during the login means for the operator. What is no refusal, as a lost connection, is tried again. */
export const loginFailure = (error: TelegramError): Effect.Effect<AccountError> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const known = problems.find(([text]) => text.test(error.text))?.[1]
    const problem = error.kind === "flood" ? "too_many_attempts" : (known ?? "refused")
    if (problem !== "too_many_attempts") return loginError(problem, known === undefined ? error.text : "")
    const until = now + (error.retryAfterSeconds ?? UNSAID_WAIT_SECONDS) * 1000
    return loginError(problem, `until ${new Date(until).toISOString()}`, until)
  })
