import * as Schema from "effect/Schema"
import type { Account } from "./account.ts"
import { stableLong } from "./identifiers.ts"

/** What a client says of itself in initConnection. */
export const ClientDescription = Schema.Struct({
  apiId: Schema.Int,
  deviceModel: Schema.String,
  systemVersion: Schema.String,
  appVersion: Schema.String,
})
export type ClientDescription = typeof ClientDescription.Type

/** Why a login is over: what Telegram answers every call of its key with, code 401. */
export const LoginEnd = Schema.Literals(["AUTH_KEY_UNREGISTERED", "SESSION_REVOKED"])
export type LoginEnd = typeof LoginEnd.Type

/** How account.getAuthorizations calls the login of this permanent key; the key cannot be told from it. */
export const loginHash = (permanentKeyId: bigint): bigint => stableLong("login", permanentKeyId)

/** An account logged in with one permanent key; Telegram's "authorization", what its apps call a device or session. */
export interface Login {
  readonly account: Account
  /** The permanent auth key. */
  readonly authKey: bigint
  /** loginHash of the key. */
  readonly hash: bigint
  /** Unix seconds; 0 when not known. */
  readonly created: number
  readonly client: ClientDescription | undefined
  /** The permanent key of the login that was taken over from another data centre; undefined for one of its own. */
  readonly importedFrom: bigint | undefined
}
