import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { first, run, transaction } from "./statement.ts"

export interface MoveBudget {
  readonly accountId: string
  readonly move: string
  /** So many moves within `withinSeconds` ... */
  readonly most: number
  readonly withinSeconds: number
  /** ... and none sooner than this after the one before. */
  readonly apartSeconds: number
}

/**
 * Counts a move, if the budget has room for it: then 0. Otherwise nothing is counted, and the answer is how many milliseconds
 * later there is room. Lives on in the database, so that a restart gives no new budget. Goes by the clock, not by now(), which is
 * when the transaction began: before it waited for the one that counts at the same time.
 */
export const spendMove = (budget: MoveBudget) => {
  const { accountId, apartSeconds, most, move, withinSeconds } = budget
  const wait = first(
    "moveWait",
    Schema.Struct({ millis: SafeInteger }),
    (sql) => sql`
      select greatest(0, ceil(extract(epoch from max("free") - clock_timestamp()) * 1000))::bigint as "millis"
      from (
        (select "at" + make_interval(secs => ${withinSeconds}) as "free" from stash_counted_moves
         where "accountId" = ${accountId} and "move" = ${move} order by "at" desc offset ${most - 1} limit 1)
        union all
        (select max("at") + make_interval(secs => ${apartSeconds}) from stash_counted_moves
         where "accountId" = ${accountId} and "move" = ${move})
      ) rooms having max("free") > clock_timestamp()`,
  )
  const count = run(
    "countMove",
    (sql) => sql`
      with over as (
        delete from stash_counted_moves where "accountId" = ${accountId} and "at" < now() - interval '7 days'
      )
      insert into stash_counted_moves ("accountId", "move", "at") values (${accountId}, ${move}, clock_timestamp())`,
  )
  return transaction(
    "spendMove",
    Effect.gen(function* () {
      yield* run("lockMoves", (sql) => sql`select pg_advisory_xact_lock(hashtext(${`moves ${accountId}`}))`)
      const found = yield* wait
      if (Option.isSome(found)) return found.value.millis
      yield* count
      return 0
    }),
  )
}
