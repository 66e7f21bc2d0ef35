import { randomBytes } from "node:crypto"
import type { tl } from "@mtcute/tl"
import { DH_GENERATOR, DH_PRIME } from "../protocol/diffie-hellman.ts"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import { newPasswordSalts, type Password } from "../state/password.ts"
import { type PasswordChallenge, startPasswordChallenge } from "../state/srp.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Accounts } from "./accounts.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import { countFailure, logIn, permanentKeyOf, refuseFlood, viewAuthorized } from "./login.ts"
import { RpcError } from "./rpc-error.ts"

/** Challenges that nobody answered are forgotten, the oldest first, beyond this number. */
const MAX_CHALLENGES = 1000
const VERIFIER_BYTES = 256

const ALGORITHM = "passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow"

const viewAlgorithm = ({
  salt1,
  salt2,
}: Pick<
  Password,
  "salt1" | "salt2"
>): Wire<tl.RawPasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow> => ({
  _: ALGORITHM,
  salt1,
  salt2,
  g: DH_GENERATOR,
  p: DH_PRIME,
})

interface Asked {
  readonly account: Account
  readonly password: Password
  readonly challenge: PasswordChallenge
}

/** The two-step verification password (core.telegram.org/api/srp). */
export const passwordMethods = (telegram: Telegram, accounts: Accounts) => {
  /** By srp_id. Not kept over restarts: a client asks for a new one before each answer. */
  const asked = new Map<bigint, Asked>()

  /** The account whose login waits for a password, or that is logged in. */
  const subjectOf = (call: Call): Account => {
    if (call.account !== undefined) return call.account
    const phone = telegram.loginAttempts.passwordAwaitedFrom(permanentKeyOf(telegram, call))
    return (phone === undefined ? undefined : telegram.accounts.get(phone)) ?? callerOf(call)
  }

  const ask = async (account: Account, password: Password) => {
    const challenge = startPasswordChallenge(await password.verifier(), password)
    const srpId = randomBytes(8).readBigInt64LE()
    asked.set(srpId, { account, password, challenge })
    for (const oldest of asked.keys()) {
      if (asked.size <= MAX_CHALLENGES) break
      asked.delete(oldest)
    }
    return { srpId, srpB: challenge.publicValue }
  }

  /** Throws unless the answer proves the account's password, or the account has none. */
  const check = (account: Account, answer: Wire<tl.TypeInputCheckPasswordSRP>): void => {
    if (account.password === undefined) return
    refuseFlood(telegram, account)
    if (answer._ !== "inputCheckPasswordSRP") throw new RpcError(400, "PASSWORD_HASH_INVALID")
    const question = asked.get(answer.srpId)
    // One answer to each question.
    asked.delete(answer.srpId)
    if (question === undefined || question.account !== account) throw new RpcError(400, "SRP_ID_INVALID")
    if (question.password !== account.password) throw new RpcError(400, "SRP_PASSWORD_CHANGED")
    if (question.challenge.accepts({ publicValue: answer.A, proof: answer.M1 })) return
    countFailure(telegram, account)
    throw new RpcError(400, "PASSWORD_HASH_INVALID")
  }

  return {
    "account.getPassword": async (_, call) => {
      const account = subjectOf(call)
      const { password, phone } = account
      const settings: Wire<tl.account.RawPassword> = {
        _: "account.password",
        newAlgo: viewAlgorithm(newPasswordSalts(phone)),
        newSecureAlgo: { _: "securePasswordKdfAlgoPBKDF2HMACSHA512iter100000", salt: randomBytes(8) },
        secureRandom: randomBytes(256),
      }
      if (password === undefined) return settings
      return {
        ...settings,
        hasPassword: true,
        currentAlgo: viewAlgorithm(password),
        hint: password.hint === "" ? undefined : password.hint,
        ...(await ask(account, password)),
      }
    },
    "auth.checkPassword": ({ password }, call) => {
      const account = subjectOf(call)
      if (call.account === account) return viewAuthorized(account)
      if (account.banned) throw new RpcError(401, "USER_DEACTIVATED_BAN")
      check(account, password)
      return logIn(telegram, call, account)
    },
    "auth.requestPasswordRecovery": () => {
      // No account here has an e-mail address.
      throw new RpcError(400, "PASSWORD_RECOVERY_NA")
    },
    "account.getPasswordSettings": ({ password }, call) => {
      check(callerOf(call), password)
      return { _: "account.passwordSettings" }
    },
    "account.updatePasswordSettings": ({ password, newSettings }, call) => {
      const account = callerOf(call)
      check(account, password)
      const { newAlgo, newPasswordHash, hint = "" } = newSettings
      if (newAlgo === undefined || newPasswordHash === undefined) return true
      if (newAlgo._ !== ALGORITHM || newPasswordHash.length === 0) {
        accounts.change(account, { password: null })
        return true
      }
      const { salt1, salt2 } = newPasswordSalts(account.phone)
      const keepsSalts =
        Buffer.from(newAlgo.salt1).subarray(0, salt1.length).equals(salt1) && Buffer.from(newAlgo.salt2).equals(salt2)
      if (!keepsSalts) throw new RpcError(400, "NEW_SALT_INVALID")
      if (newPasswordHash.length !== VERIFIER_BYTES) throw new RpcError(400, "NEW_SETTINGS_INVALID")
      const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")
      accounts.change(account, {
        password: {
          salt1: base64(newAlgo.salt1),
          salt2: base64(newAlgo.salt2),
          verifier: base64(newPasswordHash),
          hint,
        },
      })
      return true
    },
  } satisfies Methods
}
