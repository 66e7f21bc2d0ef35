import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AuthState, setAuthState } from "./accounts.ts"
import { storable } from "./row.ts"
import { first, run, transaction } from "./statement.ts"

export const LoginMethod = Schema.Literals(["code", "qr"])
export type LoginMethod = typeof LoginMethod.Type

const standingColumns = {
  method: LoginMethod,
  state: Schema.NullOr(Schema.String),
  problem: Schema.NullOr(Schema.String),
  detail: Schema.String,
  until: Schema.NullOr(Schema.Date),
  qrLink: Schema.NullOr(Schema.String),
  answerKey: Schema.NullOr(Schema.String),
  /** Another one with every note. */
  version: Schema.String,
}

/** Where an account's login stands, and what is wanted of it. */
export const LoginStanding = Schema.Struct({ ...standingColumns, authState: AuthState })
export type LoginStanding = typeof LoginStanding.Type

/** None: there is no such account. */
export const loginOf = (accountId: string) =>
  first(
    "loginOf",
    LoginStanding,
    (sql) => sql`
      select coalesce(l."method", 'code') as "method", l."state", l."problem", coalesce(l."detail", '') as "detail",
             l."until", l."qrLink", l."answerKey", coalesce(l."updatedAt"::text, '') as "version", a."authState"
      from "telegram_accounts" a left join stash_logins l on l."accountId" = a."id" where a."id" = ${accountId}`,
  )

export interface LoginNote {
  readonly state: "waiting_code" | "waiting_password" | "waiting_scan" | "waiting_flood" | "ready" | "failed"
  readonly problem?: string
  readonly detail?: string
  /** Unix milliseconds. */
  readonly until?: number
  readonly qrLink?: string
  readonly answerKey?: string
}

/** Notes where a login stands; what the note does not name is no more. */
export const noteLogin = (accountId: string, note: LoginNote) =>
  run(
    "noteLogin",
    (sql) => sql`
      insert into stash_logins ("accountId", "state", "problem", "detail", "until", "qrLink", "answerKey")
      select a."id", ${note.state}, ${note.problem ?? null}, ${storable(note.detail ?? "")},
             to_timestamp(${note.until === undefined ? null : note.until / 1000}::float8),
             ${note.qrLink ?? null}, ${note.answerKey ?? null}
      from "telegram_accounts" a where a."id" = ${accountId}
      on conflict ("accountId") do update set
        "state" = excluded."state", "problem" = excluded."problem", "detail" = excluded."detail",
        "until" = excluded."until", "qrLink" = excluded."qrLink", "answerKey" = excluded."answerKey",
        "updatedAt" = clock_timestamp()`,
  ).pipe(Effect.asVoid)

/** Lets the account log in, this way, in its next life: without it a session that is lost stays lost. */
export const wantLogin = (accountId: string, method: LoginMethod) =>
  transaction(
    "wantLogin",
    Effect.andThen(
      run(
        "wantLoginBy",
        (sql) => sql`
          insert into stash_logins ("accountId", "method") values (${accountId}, ${method})
          on conflict ("accountId") do update set
            "method" = excluded."method", "state" = null, "problem" = null, "detail" = '', "until" = null,
            "qrLink" = null, "answerKey" = null, "updatedAt" = clock_timestamp()`,
      ),
      setAuthState(accountId, "PENDING"),
    ),
  )

/** What a new life needs to know before it logs in. */
export const loginWish = (accountId: string) =>
  Effect.map(loginOf(accountId), (found) => ({
    method: Option.match(found, { onNone: () => "code" as const, onSome: ({ method }) => method }),
    problem: Option.match(found, { onNone: () => null, onSome: ({ problem }) => problem }),
    isWanted: Option.match(found, {
      onNone: () => true,
      onSome: ({ authState }) => authState !== "AUTHENTICATED" && authState !== "EXPIRED",
    }),
  }))
