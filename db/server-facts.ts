import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ownTables } from "./migrate.ts"
import { arrayLiteral, SafeInteger } from "./row.ts"
import { countFreeSessions, FreeSessions, maxSessions } from "./sessions.ts"
import { one } from "./statement.ts"

/** What the worker depends on in a database server, and in what it is allowed there. */
export const ServerFacts = Schema.Struct({
  /** As 180004 for 18.4. */
  version: Schema.Int,
  versionText: Schema.String,
  /** Its clock, in Unix milliseconds. */
  time: SafeInteger,
  user: Schema.String,
  /** A new one in the schema. */
  mayCreateTables: Schema.Boolean,
  /** Those of ours that may not be read and written, or not be changed by migrations. */
  deniedTables: Schema.Array(Schema.String),
  /** That it lets in, but for the reserved ones. */
  maxSessions: Schema.Int,
})
export type ServerFacts = typeof ServerFacts.Type

/** Asks the server; needs no table. */
export const serverFacts = Effect.fn("serverFacts")(function* () {
  const tables = arrayLiteral(yield* ownTables())
  return yield* one(
    "serverFacts",
    ServerFacts,
    (sql) => sql`
      select current_setting('server_version_num')::int as "version", current_setting('server_version') as "versionText",
             (extract(epoch from clock_timestamp()) * 1000)::bigint as "time", current_user::text as "user",
             coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as "mayCreateTables",
             ${maxSessions(sql)} as "maxSessions",
             to_jsonb(array(
               select c.relname::text from pg_class c
               where c.relnamespace = current_schema()::regnamespace and c.relname = any(${tables}::text[])
                 and not (has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT')
                          and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE'))
               order by 1
             )) as "deniedTables"`,
  )
})

/** How many sessions more the server lets in. */
export const freeSessions = () => Effect.map(one("freeSessions", FreeSessions, countFreeSessions), ({ free }) => free)
