import type { Account } from "../state/account.ts"
import type { Telegram } from "../state/telegram.ts"
import { bindTemporaryKey } from "./auth-key-binding.ts"
import type { Call, Methods } from "./call.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUser } from "./view.ts"

/** The key that a login is kept under; a temporary key must have been bound to it first. */
const permanentKeyOf = (telegram: Telegram, call: Call): bigint => {
  const id = telegram.permanentKeyId(call.authKey)
  if (id === undefined) throw new RpcError(401, "AUTH_KEY_PERM_EMPTY")
  return id
}

const digitsOf = (phoneNumber: string): string => phoneNumber.replace(/\D/g, "")

/** Login with phone and code, and keys. */
export const authMethods = (telegram: Telegram) => {
  const accountWith = (phoneNumber: string): Account => {
    const account = telegram.accounts.get(digitsOf(phoneNumber))
    if (account === undefined) throw new RpcError(400, "PHONE_NUMBER_UNOCCUPIED")
    return account
  }
  const codeHash = (account: Account): string => `code-for-${account.id}`
  return {
    "auth.sendCode": ({ phoneNumber }) => {
      const account = accountWith(phoneNumber)
      return {
        _: "auth.sentCode",
        type: { _: "auth.sentCodeTypeApp", length: account.code.length },
        phoneCodeHash: codeHash(account),
      }
    },
    "auth.signIn": ({ phoneNumber, phoneCode, phoneCodeHash }, call) => {
      const account = accountWith(phoneNumber)
      if (phoneCodeHash !== codeHash(account)) throw new RpcError(400, "PHONE_CODE_EXPIRED")
      if (phoneCode !== account.code) throw new RpcError(400, "PHONE_CODE_INVALID")
      telegram.logIn(permanentKeyOf(telegram, call), account)
      return { _: "auth.authorization", user: viewUser(account, account) }
    },
    "auth.logOut": (_, call) => {
      telegram.logOut(permanentKeyOf(telegram, call))
      return { _: "auth.loggedOut" }
    },
    "auth.bindTempAuthKey": (request, call) => bindTemporaryKey(telegram, request, call),
    "auth.dropTempAuthKeys": () => true,
  } satisfies Methods
}
