import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { first, one, rows, run } from "./statement.ts"

export const AuthState = Schema.Literals(["PENDING", "AWAITING_CODE", "AWAITING_PASSWORD", "AUTHENTICATED", "EXPIRED"])
export type AuthState = typeof AuthState.Type

export const Account = Schema.Struct({
  id: Schema.String,
  /** With country code. A secret: masked wherever it is shown. */
  phone: Schema.String,
  displayName: Schema.NullOr(Schema.String),
  isActive: Schema.Boolean,
  authState: AuthState,
  isPremium: Schema.Boolean,
})
export type Account = typeof Account.Type

/** Adds an account that has to log in; answers with the existing one, unchanged, when the phone is known. */
export const addAccount = (account: { readonly phone: string; readonly displayName: string | null }) =>
  one(
    "addAccount",
    Account,
    (sql) => sql`
      insert into "telegram_accounts" ("id", "phone", "displayName", "updatedAt")
      values (gen_random_uuid()::text, ${account.phone}, ${account.displayName}, now())
      on conflict ("phone") do update set "phone" = excluded."phone"
      returning "id", "phone", "displayName", "isActive", "authState", "isPremium"`,
  )

/** The accounts that should run, whether logged in or not, oldest first. */
export const activeAccounts = () =>
  rows(
    "activeAccounts",
    Account,
    (sql) => sql`
      select "id", "phone", "displayName", "isActive", "authState", "isPremium" from "telegram_accounts"
      where "isActive" order by "createdAt", "id"`,
  )

/** Tells the app what the login waits for. A code typed for an earlier question is forgotten. */
export const setAuthState = (accountId: string, state: AuthState) =>
  run(
    "setAuthState",
    (sql) => sql`
      update "telegram_accounts"
      set "authState" = ${state}::"AuthState", "updatedAt" = now(),
          "authCode" = case when "authState" = ${state}::"AuthState" then "authCode" end
      where "id" = ${accountId}`,
  ).pipe(Effect.asVoid)

/** The code or password that somebody typed into the app; wiped by the same statement, so it is given once. */
export const takeAuthCode = (accountId: string) =>
  first(
    "takeAuthCode",
    Schema.Struct({ code: Schema.String }),
    (sql) => sql`
      with typed as (
        select "id", "authCode" from "telegram_accounts" where "id" = ${accountId} and "authCode" is not null for update
      )
      update "telegram_accounts" set "authCode" = null, "updatedAt" = now() from typed
      where "telegram_accounts"."id" = typed."id" returning typed."authCode" as code`,
  ).pipe(Effect.map(Option.map(({ code }) => code)))

/** Records that the account has Premium now, or has it no more. */
export const storePremium = (accountId: string, isPremium: boolean) =>
  run(
    "storePremium",
    (sql) => sql`
      update "telegram_accounts" set "isPremium" = ${isPremium}, "updatedAt" = now() where "id" = ${accountId}`,
  ).pipe(Effect.asVoid)

/** Records a completed login and whether the account has Premium now. */
export const markAuthenticated = (accountId: string, isPremium: boolean) =>
  run(
    "markAuthenticated",
    (sql) => sql`
      update "telegram_accounts"
      set "authState" = 'AUTHENTICATED', "authCode" = null, "isPremium" = ${isPremium},
          "lastSeenAt" = now(), "updatedAt" = now()
      where "id" = ${accountId}`,
  ).pipe(Effect.asVoid)
