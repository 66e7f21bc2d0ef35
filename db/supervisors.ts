import { Effect, Schema } from "effect"
import { one } from "./statement.ts"

/** What a supervisor's sessions are called in pg_stat_activity; the one that hears calls has " listen" after it. */
export const SUPERVISOR_APPLICATION = "stash:supervisor"

/** Whether a supervisor on this database hears calls and orders now. */
export const supervisorListens = () =>
  one(
    "supervisorListens",
    Schema.Struct({ listens: Schema.Boolean }),
    (sql) => sql`
      select exists (
        select from pg_stat_activity
        where datname = current_database() and application_name = ${`${SUPERVISOR_APPLICATION} listen`}
      ) as "listens"`,
  ).pipe(Effect.map(({ listens }) => listens))

/** Succeeds when the database answers. */
export const databaseAnswers = () =>
  one("databaseAnswers", Schema.Struct({ one: Schema.Int }), (sql) => sql`select 1 as "one"`)
