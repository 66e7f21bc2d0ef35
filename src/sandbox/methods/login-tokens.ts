import { randomBytes } from "node:crypto"
import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import { TOKEN_LIFETIME } from "../state/login-attempts.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Accounts } from "./accounts.ts"
import { viewLogin } from "./authorizations.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import { logInOrAskPassword, permanentKeyOf, viewAuthorized } from "./login.ts"
import { RpcError } from "./rpc-error.ts"

const TOKEN_BYTES = 32

/** Login by a QR code that a client shows and another one, already logged in, scans (core.telegram.org/api/qr-login). */
export const loginTokenMethods = (telegram: Telegram, accounts: Accounts) => {
  /** Lets the caller in as the account that accepted its token, or asks for the password. */
  const success = (call: Call, phone: string): Wire<tl.auth.RawLoginTokenSuccess> => {
    const account = telegram.accounts.get(phone)
    if (account === undefined) throw new RpcError(400, "AUTH_TOKEN_INVALID")
    return { _: "auth.loginTokenSuccess", authorization: logInOrAskPassword(telegram, call, account) }
  }
  /** A key that is logged in has lost the answer that told it so. */
  const alreadyIn = (account: Account): Wire<tl.auth.RawLoginTokenSuccess> => ({
    _: "auth.loginTokenSuccess",
    authorization: viewAuthorized(account),
  })
  return {
    "auth.exportLoginToken": (_, call) => {
      if (call.account !== undefined) return alreadyIn(call.account)
      const authKey = permanentKeyOf(telegram, call)
      const accepted = telegram.loginAttempts.acceptedTokenOf(authKey, telegram.now())
      if (accepted?.acceptedBy !== undefined) return success(call, accepted.acceptedBy)
      const token = randomBytes(TOKEN_BYTES)
      const expires = telegram.now() + TOKEN_LIFETIME
      telegram.commit({
        type: "login-token",
        token: token.toString("hex"),
        authKey: String(authKey),
        expires,
        ...(call.client === undefined ? {} : { client: call.client }),
      })
      return { _: "auth.loginToken", expires, token }
    },
    "auth.importLoginToken": ({ token: bytes }, call) => {
      if (call.account !== undefined) return alreadyIn(call.account)
      const token = telegram.loginAttempts.token(Buffer.from(bytes).toString("hex"))
      if (token === undefined || token.authKey !== permanentKeyOf(telegram, call)) {
        throw new RpcError(400, "AUTH_TOKEN_INVALID")
      }
      if (token.acceptedBy !== undefined) return success(call, token.acceptedBy)
      if (token.isReplaced || token.expires <= telegram.now()) throw new RpcError(400, "AUTH_TOKEN_EXPIRED")
      return { _: "auth.loginToken", expires: token.expires, token: bytes }
    },
    "auth.acceptLoginToken": ({ token }, call) => {
      const account = callerOf(call)
      const waiting = accounts.acceptLoginToken(account, token)
      return {
        ...viewLogin(waiting, false, telegram.now()),
        passwordPending: account.password !== undefined,
      }
    },
  } satisfies Methods
}
