import * as Schema from "effect/Schema"
import { stableLong } from "./identifiers.ts"
import { openPassword, type Password, PasswordRecord } from "./password.ts"

/** How many wrong codes or passwords in a row are put up with, and how long the account must then be left alone. */
export const LoginFlood = Schema.Struct({
  attempts: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** TDLib waits by itself up to 60 and tells of longer waits. */
  seconds: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
})
export type LoginFlood = typeof LoginFlood.Type

const changeable = {
  firstName: Schema.String,
  lastName: Schema.String,
  premium: Schema.Boolean,
  code: Schema.String,
  banned: Schema.Boolean,
  /** False for a phone number that nobody has signed up with yet. */
  signedUp: Schema.Boolean,
  password: Schema.NullOr(PasswordRecord),
  loginFlood: LoginFlood,
}

/** What can be changed of an account while it exists. */
export const AccountChanges = Schema.Struct({
  firstName: Schema.optionalKey(changeable.firstName),
  lastName: Schema.optionalKey(changeable.lastName),
  premium: Schema.optionalKey(changeable.premium),
  code: Schema.optionalKey(changeable.code),
  banned: Schema.optionalKey(changeable.banned),
  signedUp: Schema.optionalKey(changeable.signedUp),
  password: Schema.optionalKey(changeable.password),
  loginFlood: Schema.optionalKey(changeable.loginFlood),
})
export type AccountChanges = typeof AccountChanges.Type

/** An account came into being. */
export const AccountRecord = Schema.Struct({
  type: Schema.Literal("account"),
  id: Schema.Int,
  phone: Schema.String,
  ...changeable,
})
export type AccountRecord = typeof AccountRecord.Type

/** A Telegram account. The same object for as long as the account exists. */
export interface Account {
  readonly id: number
  readonly accessHash: bigint
  /** Digits only. */
  readonly phone: string
  readonly firstName: string
  readonly lastName: string
  readonly premium: boolean
  /** What the login code is. */
  readonly code: string
  readonly banned: boolean
  readonly signedUp: boolean
  readonly password: Password | undefined
  readonly loginFlood: LoginFlood
  /** When isSeenByClients of a change was last true, Unix seconds; 0 for never. */
  readonly changed: number
}

type MutableAccount = { -readonly [Key in keyof Account]: Account[Key] }

/** The account that a record tells of. */
export const openAccount = ({ type: _, password, ...rest }: AccountRecord): Account => ({
  ...rest,
  accessHash: stableLong("user", rest.phone),
  changed: 0,
  password: password === null ? undefined : openPassword(rest.phone, password),
})

/** Whether clients show something else after such a change. */
export const isSeenByClients = ({ firstName, lastName, premium }: AccountChanges): boolean =>
  firstName !== undefined || lastName !== undefined || premium !== undefined

/** Changes an account in place, at this time in Unix seconds; Telegram alone calls this, for a record. */
export const changeAccount = (account: Account, { password, ...changes }: AccountChanges, at: number): void => {
  const mutable: MutableAccount = account
  Object.assign(mutable, changes)
  if (isSeenByClients(changes)) mutable.changed = at
  if (password !== undefined) {
    mutable.password = password === null ? undefined : openPassword(account.phone, password)
  }
}
