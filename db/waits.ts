import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { rows, run } from "./statement.ts"

/** What Telegram has an account wait for. Times are Unix milliseconds. */
export const StoredWait = Schema.Struct({
  accountId: Schema.String,
  kind: Schema.String,
  cause: Schema.Literals(["flood", "throttled"]),
  since: SafeInteger,
  until: SafeInteger,
  count: Schema.Int,
})
export type StoredWait = typeof StoredWait.Type

/** The waits that are not over, of all accounts. */
export const currentWaits = () =>
  rows(
    "currentWaits",
    StoredWait,
    (sql) => sql`
      select "accountId", "kind", "cause", (extract(epoch from "since") * 1000)::bigint as "since",
             (extract(epoch from "until") * 1000)::bigint as "until", "count"
      from stash_waits where "until" > now() order by "accountId", "kind", "cause"`,
  )

/** Notes a wait as it is now; those of the account that are over are forgotten. */
export const noteWait = ({ accountId, cause, count, kind, since, until }: StoredWait) =>
  run(
    "noteWait",
    (sql) => sql`
      with over as (delete from stash_waits where "accountId" = ${accountId} and "until" < now() - interval '1 day')
      insert into stash_waits ("accountId", "kind", "cause", "since", "until", "count")
      values (${accountId}, ${kind}, ${cause}, to_timestamp(${since / 1000}), to_timestamp(${until / 1000}), ${count})
      on conflict ("accountId", "kind", "cause") do update set
        "since" = excluded."since", "until" = excluded."until", "count" = excluded."count"`,
  ).pipe(Effect.asVoid)
