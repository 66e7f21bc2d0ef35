import * as Schema from "effect/Schema"
import type { Accounts } from "../methods/accounts.ts"
import { type Account, type AccountChanges, LoginFlood } from "../state/account.ts"
import { accountOfWorld } from "../state/build.ts"
import { LoginEnd } from "../state/login.ts"
import type { Telegram } from "../state/telegram.ts"
import { Code, type WorldAccount } from "../world.ts"

const LoginHash = Schema.String.check(Schema.isPattern(/^-?[0-9]{1,20}$/, { expected: "the hash of a login" }))

/** What an operator may do to an account while it is in use. */
export const AccountToChange = Schema.Struct({
  firstName: Schema.optionalKey(Schema.NonEmptyString),
  lastName: Schema.optionalKey(Schema.String),
  premium: Schema.optionalKey(Schema.Boolean),
  /** Calls of a banned account are answered 401 USER_DEACTIVATED_BAN. */
  banned: Schema.optionalKey(Schema.Boolean),
  code: Schema.optionalKey(Code),
  /** "expire": the codes that were sent so far are no longer accepted. */
  codes: Schema.optionalKey(Schema.Literal("expire")),
  /** null takes the password away. */
  password: Schema.optionalKey(Schema.NullOr(Schema.NonEmptyString)),
  passwordHint: Schema.optionalKey(Schema.String),
  /** Also forgives the wrong codes and passwords so far. */
  loginFlood: Schema.optionalKey(LoginFlood),
  /** Ends every login, or those with these hashes; their calls are answered 401 with the error, SESSION_REVOKED otherwise. */
  logins: Schema.optionalKey(
    Schema.Union([
      Schema.Literal("terminate"),
      Schema.Struct({
        terminate: Schema.Union([Schema.Literal("all"), Schema.Array(LoginHash)]),
        error: Schema.optionalKey(LoginEnd),
      }),
    ]),
  ),
}).check(
  Schema.makeFilter(({ password, passwordHint }) =>
    passwordHint !== undefined && typeof password !== "string" ? "Expected a password beside passwordHint" : undefined,
  ),
)
export type AccountToChange = typeof AccountToChange.Type

/** A login token to accept: as a client shows it, "tg://login?token=...", or what stands after the "=". */
export const LoginToAccept = Schema.Struct({
  token: Schema.String.check(
    Schema.isPattern(/^(tg:\/\/login\?token=)?[A-Za-z0-9_-]+=*$/, { expected: "tg://login?token=..." }),
  ),
})
export type LoginToAccept = typeof LoginToAccept.Type

const changesOf = ({ password, passwordHint, codes: _codes, logins: _logins, ...rest }: AccountToChange) => {
  const changes: AccountChanges =
    password === undefined
      ? rest
      : { ...rest, password: password === null ? null : { text: password, hint: passwordHint ?? "" } }
  return changes
}

/** Does all of it, the end of logins last. Logins that are not the account's are passed over. */
export const controlAccount = (
  telegram: Telegram,
  accounts: Accounts,
  account: Account,
  wanted: AccountToChange,
): void => {
  const { phone } = account
  if (wanted.codes === "expire") telegram.commit({ type: "codes-dropped", phone })
  if (wanted.loginFlood !== undefined) {
    telegram.commit({ type: "login-failures", phone, count: 0, at: telegram.now() })
  }
  const changes = changesOf(wanted)
  if (Object.keys(changes).length > 0) accounts.change(account, changes)
  if (wanted.logins === undefined) return
  const { terminate, error = "SESSION_REVOKED" } =
    wanted.logins === "terminate" ? { terminate: "all" as const } : wanted.logins
  const logins = telegram.loginsOf(account)
  accounts.endLogins(
    terminate === "all" ? logins : logins.filter(({ hash }) => terminate.includes(String(hash))),
    error,
  )
}

/** Adds an account, which must have a phone of its own. */
export const addAccount = (telegram: Telegram, account: WorldAccount): Account =>
  telegram.addAccount(accountOfWorld(account))

/** Lets the client that shows this token in as this account; throws RpcError AUTH_TOKEN_.... */
export const acceptLogin = (accounts: Accounts, account: Account, { token }: LoginToAccept): void => {
  accounts.acceptLoginToken(account, Buffer.from(token.replace(/^.*token=/, ""), "base64url"))
}
