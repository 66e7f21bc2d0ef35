import * as Effect from "effect/Effect"
import { run } from "./statement.ts"

/**
 * Puts the sums in the place of all that was counted since (migrations/0018_large_library.sql). It waits for nobody, and
 * every sum is the same afterwards.
 */
export const addUpTallies = () =>
  run(
    "addUpTallies",
    (sql) => sql`
      with taken as (
        delete from stash_tallies
        where "of" in (select "of" from stash_tallies group by "of" having count(*) > 1)
        returning "of", "count", "bytes"
      )
      insert into stash_tallies ("of", "count", "bytes")
      select "of", sum("count"), sum("bytes") from taken group by "of" having sum("count") <> 0`,
  ).pipe(Effect.asVoid)
