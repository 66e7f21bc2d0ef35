import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Database, DatabaseError } from "./database.ts"
import { SafeInteger } from "./row.ts"
import { one, run, transaction } from "./statement.ts"

/** What goes with an account, and what stays. */
export const AccountBelongings = Schema.Struct({
  /** Links to channels: which sources it reads, and how far it has come there. */
  channelLinks: SafeInteger,
  /** Its run records. */
  runs: SafeInteger,
  /** Sets it has worked on; they stay, and so does its name on them. */
  claims: SafeInteger,
  /** Publications that are under way: an account that has some cannot be removed. */
  openPublications: SafeInteger,
})
export type AccountBelongings = typeof AccountBelongings.Type

export const belongingsOf = (accountId: string) =>
  one(
    "belongingsOf",
    AccountBelongings,
    (sql) => sql`
      select (select count(*) from "account_channel_map" where "accountId" = ${accountId}) as "channelLinks",
             (select count(*) from "ingestion_runs" where "accountId" = ${accountId}) as "runs",
             (select count(*) from stash_claims where "accountId" = ${accountId}) as "claims",
             (select count(*) from stash_publications where "accountId" = ${accountId}) as "openPublications"`,
  )

const SKIPPED_AT_ONCE = 500
/** Each is taken from the packages that came of it, too. */
const RUNS_AT_ONCE = 50

// Materialized, and an array, because the planner would read the whole table for the few that are wanted.

/** In the name of the oldest account that is left; without one, they go with the account. */
const handOverSkipped = (accountId: string) =>
  run(
    "handOverSkipped",
    (sql) => sql`
      with own as materialized (select "id" from "skipped_packages" where "accountId" = ${accountId})
      update "skipped_packages" s set "accountId" = heir."id"
      from (
        select "id" from "telegram_accounts" where "id" <> ${accountId} order by "createdAt", "id" limit 1
      ) heir
      where s."id" = any(array(select "id" from own limit ${SKIPPED_AT_ONCE}))`,
  )

const removeRuns = (accountId: string) =>
  run(
    "removeRuns",
    (sql) => sql`
      with own as materialized (select "id" from "ingestion_runs" where "accountId" = ${accountId})
      delete from "ingestion_runs" where "id" = any(array(select "id" from own limit ${RUNS_AT_ONCE}))`,
  )

const untilNoneIsLeft = (some: Effect.Effect<number, DatabaseError, Database>) =>
  Effect.repeat(some, { while: (written) => written > 0 })

/** What refers to an account and may be many, some at a time. Cut off anywhere, it goes on where it was. */
const detach = (accountId: string) =>
  Effect.all([untilNoneIsLeft(handOverSkipped(accountId)), untilNoneIsLeft(removeRuns(accountId))])

/**
 * Removes an account. Its sets stay known, in its name, and packages are the library's; its entries of the list of skipped
 * sets pass to the oldest other account. Interrupted, the account is still there, and removing it again goes on.
 * Fails with reason `refused` of the database while publications of it are open; it stays then, without its runs.
 */
export const removeAccount = Effect.fn("removeAccount")(function* (accountId: string) {
  yield* detach(accountId)
  yield* transaction(
    "removeAccount",
    // What came meanwhile goes with it, or stays with it.
    Effect.andThen(
      detach(accountId),
      run("removeAccountRow", (sql) => sql`delete from "telegram_accounts" where "id" = ${accountId}`),
    ),
  )
})
