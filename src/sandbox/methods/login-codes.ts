import { randomBytes } from "node:crypto"
import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { SentCode } from "../state/login-attempts.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Accounts } from "./accounts.ts"
import type { Methods } from "./call.ts"
import { countFailure, logIn, logInOrAskPassword, refuseFlood, viewAuthorized } from "./login.ts"
import { RpcError } from "./rpc-error.ts"

/** Seconds that a client is asked to wait before it has the code sent another way; nobody checks. */
const RESEND_TIMEOUT = 60

type CodeType = "App" | "Sms" | "Call"

/** The ways a code is sent, each next one when the client asks for it again (core.telegram.org/api/auth#code-types). */
const WAYS = ["App", "Sms", "Call"] as const satisfies readonly CodeType[]

const viewSentCode = ({ hash, sendings }: SentCode, account: Account): Wire<tl.auth.RawSentCode> => {
  const way = WAYS[sendings - 1] ?? "Call"
  const next = WAYS[sendings]
  return {
    _: "auth.sentCode",
    type: { _: `auth.sentCodeType${way}`, length: account.code.length },
    phoneCodeHash: hash,
    nextType: next === undefined || next === "App" ? undefined : { _: `auth.codeType${next}` },
    timeout: next === undefined ? undefined : RESEND_TIMEOUT,
  }
}

/** Digits alone, whatever a client puts between them. Throws PHONE_NUMBER_INVALID. */
const phoneOf = (phoneNumber: string): string => {
  const digits = phoneNumber.replace(/\D/g, "")
  if (!/^[0-9]{5,15}$/.test(digits)) throw new RpcError(400, "PHONE_NUMBER_INVALID")
  return digits
}

/** Login by phone number and code, and signing up (core.telegram.org/api/auth). */
export const loginCodeMethods = (telegram: Telegram, accounts: Accounts) => {
  const { loginAttempts } = telegram

  const accountWith = (phoneNumber: string): Account => {
    const account = telegram.accounts.get(phoneOf(phoneNumber))
    if (account === undefined) throw new RpcError(400, "PHONE_NUMBER_UNOCCUPIED")
    if (account.banned) throw new RpcError(400, "PHONE_NUMBER_BANNED")
    return account
  }

  const send = (account: Account, hash: string, sendings: number) => {
    telegram.commit({ type: "code-sent", hash, phone: account.phone, at: telegram.now(), sendings })
    return viewSentCode(sentCodeOf(account, hash), account)
  }

  const sentCodeOf = (account: Account, hash: string): SentCode => {
    if (hash === "") throw new RpcError(400, "PHONE_CODE_HASH_EMPTY")
    const sent = loginAttempts.code(hash, telegram.now())
    if (sent === undefined || sent.phone !== account.phone) throw new RpcError(400, "PHONE_CODE_EXPIRED")
    return sent
  }

  return {
    "auth.sendCode": ({ phoneNumber }) => {
      const account = accountWith(phoneNumber)
      refuseFlood(telegram, account)
      return send(account, randomBytes(9).toString("hex"), 1)
    },
    "auth.resendCode": ({ phoneNumber, phoneCodeHash }) => {
      const account = accountWith(phoneNumber)
      const { hash, sendings } = sentCodeOf(account, phoneCodeHash)
      if (sendings >= WAYS.length) throw new RpcError(406, "SEND_CODE_UNAVAILABLE")
      return send(account, hash, sendings + 1)
    },
    "auth.cancelCode": ({ phoneNumber, phoneCodeHash }) => {
      const { hash } = sentCodeOf(accountWith(phoneNumber), phoneCodeHash)
      telegram.commit({ type: "code-dropped", hash })
      return true
    },
    "auth.reportMissingCode": ({ phoneNumber, phoneCodeHash }) => {
      sentCodeOf(accountWith(phoneNumber), phoneCodeHash)
      return true
    },
    "auth.signIn": ({ phoneNumber, phoneCode, phoneCodeHash }, call) => {
      const account = accountWith(phoneNumber)
      // The answer was lost and the call repeated.
      if (call.account === account) return viewAuthorized(account)
      refuseFlood(telegram, account)
      const { hash } = sentCodeOf(account, phoneCodeHash)
      if (phoneCode === undefined || phoneCode === "") throw new RpcError(400, "PHONE_CODE_EMPTY")
      if (phoneCode !== account.code) {
        countFailure(telegram, account)
        throw new RpcError(400, "PHONE_CODE_INVALID")
      }
      if (!account.signedUp) {
        telegram.commit({ type: "code-verified", hash })
        return { _: "auth.authorizationSignUpRequired" }
      }
      const authorization = logInOrAskPassword(telegram, call, account)
      telegram.commit({ type: "code-dropped", hash })
      return authorization
    },
    "auth.signUp": ({ phoneNumber, phoneCodeHash, firstName, lastName }, call) => {
      const account = accountWith(phoneNumber)
      if (call.account === account) return viewAuthorized(account)
      if (account.signedUp) throw new RpcError(400, "PHONE_NUMBER_OCCUPIED")
      const { hash, isVerified } = sentCodeOf(account, phoneCodeHash)
      if (!isVerified) throw new RpcError(400, "PHONE_CODE_INVALID")
      if (firstName.trim() === "") throw new RpcError(400, "FIRSTNAME_INVALID")
      accounts.change(account, { signedUp: true, firstName: firstName.trim(), lastName: lastName.trim() })
      telegram.commit({ type: "code-dropped", hash })
      return logIn(telegram, call, account)
    },
  } satisfies Methods
}
