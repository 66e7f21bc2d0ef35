import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Call } from "./call.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUser } from "./view.ts"

/** The key that a login is kept under; a temporary key must have been bound to it first. */
export const permanentKeyOf = (telegram: Telegram, call: Call): bigint => {
  const id = telegram.permanentKeyId(call.authKey)
  if (id === undefined) throw new RpcError(401, "AUTH_KEY_PERM_EMPTY")
  return id
}

/** The answer to whatever completed a login. */
export const viewAuthorized = (account: Account): Wire<tl.auth.RawAuthorization> => ({
  _: "auth.authorization",
  user: viewUser(account, account),
})

/** Logs the caller in, with nothing more to prove. */
export const logIn = (telegram: Telegram, call: Call, account: Account): Wire<tl.auth.RawAuthorization> => {
  telegram.logIn(permanentKeyOf(telegram, call), account, call.client)
  forgiveFailures(telegram, account)
  return viewAuthorized(account)
}

/**
 * Logs the caller in if the account has no password; otherwise the key must prove it next, and 401
 * SESSION_PASSWORD_NEEDED is thrown (core.telegram.org/api/srp#using-the-2fa-password).
 */
export const logInOrAskPassword = (
  telegram: Telegram,
  call: Call,
  account: Account,
): Wire<tl.auth.RawAuthorization> => {
  if (account.banned) throw new RpcError(401, "USER_DEACTIVATED_BAN")
  if (account.password === undefined) return logIn(telegram, call, account)
  const authKey = String(permanentKeyOf(telegram, call))
  telegram.commit({ type: "password-awaited", authKey, phone: account.phone })
  throw new RpcError(401, "SESSION_PASSWORD_NEEDED")
}

/** Throws 420 FLOOD_WAIT_X when too many wrong codes or passwords came for this account. */
export const refuseFlood = (telegram: Telegram, account: Account): void => {
  const seconds = telegram.loginAttempts.floodWait(account, telegram.now())
  if (seconds > 0) throw new RpcError(420, `FLOOD_WAIT_${seconds}`)
}

/** Counts a wrong code or password. A flood that was waited for leaves no trace. */
export const countFailure = (telegram: Telegram, account: Account): void => {
  const before = telegram.loginAttempts.failures(account)
  const count = before >= account.loginFlood.attempts ? 1 : before + 1
  telegram.commit({ type: "login-failures", phone: account.phone, count, at: telegram.now() })
}

export const forgiveFailures = (telegram: Telegram, account: Account): void => {
  if (telegram.loginAttempts.failures(account) === 0) return
  telegram.commit({ type: "login-failures", phone: account.phone, count: 0, at: telegram.now() })
}
