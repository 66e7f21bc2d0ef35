import * as Schema from "effect/Schema"
import type { Account } from "./account.ts"
import { ClientDescription } from "./login.ts"

/** Seconds for which a code can be entered. */
export const CODE_LIFETIME = 300
/** Seconds for which a QR code can be scanned (core.telegram.org/api/qr-login: about 30). */
export const TOKEN_LIFETIME = 30
/** Seconds after which an expired QR code is forgotten. */
const TOKEN_MEMORY = 600

const AuthKeyId = Schema.String.check(Schema.isPattern(/^[0-9]{1,20}$/))

/** What happens on the way to a login. */
export const LoginAttemptRecord = Schema.Union([
  /** sendings: how often the code was sent so far, by another way each time. */
  Schema.Struct({
    type: Schema.Literal("code-sent"),
    hash: Schema.String,
    phone: Schema.String,
    /** Unix seconds */
    at: Schema.Int,
    sendings: Schema.Int,
  }),
  /** The right code came, but the phone number has yet to sign up. */
  Schema.Struct({ type: Schema.Literal("code-verified"), hash: Schema.String }),
  Schema.Struct({ type: Schema.Literal("code-dropped"), hash: Schema.String }),
  Schema.Struct({ type: Schema.Literal("codes-dropped"), phone: Schema.String }),
  /** count: wrong codes and passwords in a row, 0 after a right one. */
  Schema.Struct({ type: Schema.Literal("login-failures"), phone: Schema.String, count: Schema.Int, at: Schema.Int }),
  Schema.Struct({ type: Schema.Literal("password-awaited"), authKey: AuthKeyId, phone: Schema.String }),
  /** token: 32 bytes in hex; expires: Unix seconds */
  Schema.Struct({
    type: Schema.Literal("login-token"),
    token: Schema.String,
    authKey: AuthKeyId,
    expires: Schema.Int,
    /** Who shows it. */
    client: Schema.optionalKey(ClientDescription),
  }),
  Schema.Struct({ type: Schema.Literal("login-token-accepted"), token: Schema.String, phone: Schema.String }),
])
export type LoginAttemptRecord = typeof LoginAttemptRecord.Type

export interface SentCode {
  readonly hash: string
  readonly phone: string
  /** Unix seconds */
  readonly at: number
  readonly sendings: number
  readonly isVerified: boolean
}

export interface LoginToken {
  /** In hex */
  readonly token: string
  /** The permanent key that waits to be logged in. */
  readonly authKey: bigint
  /** Unix seconds */
  readonly expires: number
  /** The phone of the account that accepted it. */
  readonly acceptedBy: string | undefined
  /** Whether the same client has shown a newer one since. */
  readonly isReplaced: boolean
  readonly client: ClientDescription | undefined
}

/** Logins that have begun: codes sent, passwords awaited, QR codes shown, and failures counted. Changed by records alone. */
export class LoginAttempts {
  readonly #codes = new Map<string, SentCode>()
  readonly #failures = new Map<string, { readonly count: number; readonly at: number }>()
  readonly #awaitedPasswords = new Map<bigint, string>()
  readonly #tokens = new Map<string, LoginToken>()

  /** The code that was sent with this hash, unless it has expired. */
  code(hash: string, now: number): SentCode | undefined {
    const code = this.#codes.get(hash)
    return code === undefined || code.at + CODE_LIFETIME <= now ? undefined : code
  }

  /** The phone of the account whose password this key still has to give. */
  passwordAwaitedFrom(authKey: bigint): string | undefined {
    return this.#awaitedPasswords.get(authKey)
  }

  /** Whether expired or not. */
  token(token: string): LoginToken | undefined {
    return this.#tokens.get(token)
  }

  /**
   * The token that this key shows and that somebody has accepted. Good for a while after its end, because a client that
   * missed the news of it asks when it expires.
   */
  acceptedTokenOf(authKey: bigint, now: number): LoginToken | undefined {
    return [...this.#tokens.values()].find(
      (token) => token.authKey === authKey && token.acceptedBy !== undefined && now < token.expires + TOKEN_LIFETIME,
    )
  }

  failures(account: Account): number {
    return this.#failures.get(account.phone)?.count ?? 0
  }

  /** Seconds that this account must be left alone; 0 for none. */
  floodWait(account: Account, now: number): number {
    const failures = this.#failures.get(account.phone)
    if (failures === undefined || failures.count < account.loginFlood.attempts) return 0
    return Math.max(failures.at + account.loginFlood.seconds - now, 0)
  }

  apply(record: LoginAttemptRecord): void {
    switch (record.type) {
      case "code-sent": {
        const { type: _, ...code } = record
        for (const { hash, at } of this.#codes.values()) if (at + CODE_LIFETIME <= record.at) this.#codes.delete(hash)
        this.#codes.set(record.hash, { ...code, isVerified: false })
        return
      }
      case "code-verified": {
        const code = this.#codes.get(record.hash)
        if (code !== undefined) this.#codes.set(record.hash, { ...code, isVerified: true })
        return
      }
      case "code-dropped":
        this.#codes.delete(record.hash)
        return
      case "codes-dropped":
        for (const { hash, phone } of this.#codes.values()) if (phone === record.phone) this.#codes.delete(hash)
        return
      case "login-failures":
        if (record.count === 0) this.#failures.delete(record.phone)
        else this.#failures.set(record.phone, { count: record.count, at: record.at })
        return
      case "password-awaited":
        this.#awaitedPasswords.set(BigInt(record.authKey), record.phone)
        return
      case "login-token": {
        const authKey = BigInt(record.authKey)
        this.#expireTokensOf(authKey, record.expires)
        this.#tokens.set(record.token, {
          token: record.token,
          authKey,
          expires: record.expires,
          acceptedBy: undefined,
          isReplaced: false,
          client: record.client,
        })
        return
      }
      case "login-token-accepted": {
        const token = this.#tokens.get(record.token)
        if (token !== undefined) this.#tokens.set(record.token, { ...token, acceptedBy: record.phone })
      }
    }
  }

  /** Forgets what this key had begun, because it is logged in or gone. */
  forgetKey(authKey: bigint): void {
    this.#awaitedPasswords.delete(authKey)
    this.#dropTokensOf(authKey)
  }

  /** A client shows one QR code at a time. Old ones are remembered for a while, to be told from ones that never were. */
  #expireTokensOf(authKey: bigint, now: number): void {
    for (const token of this.#tokens.values()) {
      if (token.expires + TOKEN_MEMORY < now) this.#tokens.delete(token.token)
      else if (token.authKey === authKey) this.#tokens.set(token.token, { ...token, isReplaced: true })
    }
  }

  #dropTokensOf(authKey: bigint): void {
    for (const { token, authKey: other } of this.#tokens.values()) if (other === authKey) this.#tokens.delete(token)
  }
}
