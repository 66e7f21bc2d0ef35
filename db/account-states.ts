import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { storable } from "./row.ts"
import { first, rows, run } from "./statement.ts"

/** An account and where it stands, as its supervisor last said. */
export const AccountStanding = Schema.Struct({
  id: Schema.String,
  phone: Schema.String,
  name: Schema.NullOr(Schema.String),
  isActive: Schema.Boolean,
  isPremium: Schema.Boolean,
  /** Null: no supervisor has run it yet. */
  state: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String),
  since: Schema.NullOr(Schema.Date),
  restarts: Schema.NullOr(Schema.Int),
  /** Why and when it was begun anew last; null: it never was. */
  restartReason: Schema.NullOr(Schema.String),
  restartedAt: Schema.NullOr(Schema.Date),
  supervisor: Schema.NullOr(Schema.String),
  /** Null: the operator has not paused it. */
  pausedAt: Schema.NullOr(Schema.Date),
  /** Where its login stands, and what went wrong there; see db/logins.ts. */
  loginState: Schema.NullOr(Schema.String),
  loginProblem: Schema.NullOr(Schema.String),
  /** Whether a cell of this account has its lock session now: the state of a supervisor that died says nothing. */
  isAlive: Schema.Boolean,
})
export type AccountStanding = typeof AccountStanding.Type

/** All accounts, in the order in which they were added. */
export const accountStandings = () =>
  rows(
    "accountStandings",
    AccountStanding,
    (sql) => sql`
      select a."id", a."phone", a."displayName" as "name", a."isActive", a."isPremium", s."state", s."reason", s."since",
             s."restarts", s."restartReason", s."restartedAt", s."supervisor", t."pausedAt", l."state" as "loginState", l."problem" as "loginProblem", exists (
               select from pg_stat_activity b where b.application_name = 'lock:' || a."id"
             ) as "isAlive"
      from "telegram_accounts" a left join stash_account_states s on s."accountId" = a."id"
        left join stash_account_schedules t on t."accountId" = a."id"
        left join stash_logins l on l."accountId" = a."id"
      order by a."createdAt", a."id"`,
  )

/** How an account's lives are followed by the next, where it differs from the worker's own settings. */
export const AccountPolicy = Schema.Struct({
  restart: Schema.NullOr(Schema.Literals(["permanent", "transient", "temporary"])),
  maxRestarts: Schema.NullOr(Schema.Int),
  withinSeconds: Schema.NullOr(Schema.Int),
})
export type AccountPolicy = typeof AccountPolicy.Type

/** None: the account has no policy of its own. */
export const policyOf = (accountId: string) =>
  first(
    "policyOf",
    AccountPolicy,
    (sql) => sql`
      select "restart", "maxRestarts", "withinSeconds" from stash_account_policies where "accountId" = ${accountId}`,
  )

/** Gives an account a policy of its own; what is null in it is as the worker's settings say. */
export const setPolicy = (accountId: string, policy: AccountPolicy) =>
  run(
    "setPolicy",
    (sql) => sql`
      insert into stash_account_policies ("accountId", "restart", "maxRestarts", "withinSeconds")
      values (${accountId}, ${policy.restart}, ${policy.maxRestarts}, ${policy.withinSeconds})
      on conflict ("accountId") do update set
        "restart" = excluded."restart", "maxRestarts" = excluded."maxRestarts",
        "withinSeconds" = excluded."withinSeconds"`,
  ).pipe(Effect.asVoid)

/** Takes an account in or out; running supervisors hear of it. */
export const setActive = (accountId: string, isActive: boolean) =>
  Effect.andThen(writeActive(accountId, isActive), giveOrder({ order: "review" }))

const writeActive = (accountId: string, isActive: boolean) =>
  run(
    "setActive",
    (sql) => sql`
      update "telegram_accounts" set "isActive" = ${isActive}, "updatedAt" = now() where "id" = ${accountId}`,
  ).pipe(Effect.asVoid)

/** What an operator asks of a running supervisor. */
export const AccountOrder = Schema.Union([
  Schema.Struct({ order: Schema.Literal("restart"), accountId: Schema.String }),
  /** Its running cycle is to end. */
  Schema.Struct({ order: Schema.Literal("cancel"), accountId: Schema.String }),
  /** A code, a password or another answer for a login that waits, sealed for the supervisor that asked. */
  Schema.Struct({ order: Schema.Literal("answer"), accountId: Schema.String, sealed: Schema.String }),
  /** Accounts were added, taken out or in, or their schedules changed. */
  Schema.Struct({ order: Schema.Literal("review") }),
])
export type AccountOrder = typeof AccountOrder.Type

/** Where supervisors listen for orders. */
export const ORDER_CHANNEL = "stash_order"

/** Tells all running supervisors; whoever runs the account obeys. */
export const giveOrder = (order: AccountOrder) =>
  run("giveOrder", (sql) => sql`select pg_notify(${ORDER_CHANNEL}, ${JSON.stringify(order)})`).pipe(Effect.asVoid)

/**
 * Notes where an account stands. Times: Unix milliseconds. `lastRestart`: null leaves what an earlier supervisor said.
 * `supervisor`: who says so.
 */
export const noteStanding = (standing: {
  readonly accountId: string
  readonly state: string
  readonly reason: string
  readonly since: number
  readonly restarts: number
  readonly lastRestart: { readonly reason: string; readonly at: number } | null
  readonly supervisor: string
}) =>
  run(
    "noteStanding",
    (sql) => sql`
      insert into stash_account_states ("accountId", "state", "reason", "since", "restarts", "restartReason",
                                        "restartedAt", "supervisor")
      select a."id", ${standing.state}, ${storable(standing.reason)}, to_timestamp(${standing.since / 1000}),
             ${standing.restarts}, ${standing.lastRestart && storable(standing.lastRestart.reason)}::text,
             to_timestamp(${standing.lastRestart && standing.lastRestart.at / 1000}), ${standing.supervisor}
      from "telegram_accounts" a where a."id" = ${standing.accountId}
      on conflict ("accountId") do update set
        "state" = excluded."state", "reason" = excluded."reason", "since" = excluded."since",
        "restarts" = excluded."restarts",
        "restartReason" = coalesce(excluded."restartReason", stash_account_states."restartReason"),
        "restartedAt" = coalesce(excluded."restartedAt", stash_account_states."restartedAt"),
        "supervisor" = excluded."supervisor", "updatedAt" = now()`,
  ).pipe(Effect.asVoid)
