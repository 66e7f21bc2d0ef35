import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { one, run, transaction } from "./statement.ts"

/** What goes with an account, and what stays. */
export const AccountBelongings = Schema.Struct({
  /** Links to channels: which sources it reads, and how far it has come there. */
  channelLinks: SafeInteger,
  /** Its run records. */
  runs: SafeInteger,
  /** Sets it has worked on; they stay, in the name of the account that takes them over. */
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

/**
 * Removes an account. What it has settled is kept in the name of the oldest account that is left, so that no set is
 * looked at as if it were new; with no other account left, that is forgotten. Packages are the library's and stay.
 * Fails with reason `conflict` of the database while publications of it are open.
 */
export const removeAccount = (accountId: string) => {
  const handOver = (table: "stash_claims" | "skipped_packages") =>
    run(
      `hand over ${table}`,
      (sql) => sql`
        update ${sql(table)} set "accountId" = heir."id"
        from (
          select "id" from "telegram_accounts" where "id" <> ${accountId} order by "createdAt", "id" limit 1
        ) heir
        where "accountId" = ${accountId}`,
    )
  return transaction(
    "removeAccount",
    Effect.all([
      handOver("stash_claims"),
      handOver("skipped_packages"),
      run("removeRuns", (sql) => sql`delete from "ingestion_runs" where "accountId" = ${accountId}`),
      run("removeAccountRow", (sql) => sql`delete from "telegram_accounts" where "id" = ${accountId}`),
    ]),
  ).pipe(Effect.asVoid)
}
