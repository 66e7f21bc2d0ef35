import { createReadStream, createWriteStream } from "node:fs"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import postgres from "postgres"
import { DatabaseError, describeFailure, withoutForeignParameters } from "./connection.ts"

/** A table with what is needed to write it as it was. */
export interface TableCopy {
  readonly name: string
  readonly columns: ReadonlyArray<string>
}

/** Where a sequence stands. */
export interface SequenceCopy {
  readonly name: string
  readonly value: string
  readonly isCalled: boolean
}

/** One table of a large library may take this long. */
const LONGEST_STATEMENT = "1 hour"

type Session = postgres.TransactionSql

/** Runs the work in one transaction on a session of its own; interrupted, the session is closed, and nothing was done. */
const inSession = <A>(url: string, name: string, options: string, work: (sql: Session) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      postgres(withoutForeignParameters(url), {
        max: 1,
        fetch_types: false,
        connect_timeout: 10,
        onnotice: () => undefined,
        connection: { application_name: "stash:command", TimeZone: "UTC", statement_timeout: 3_600_000 },
      }),
    ),
    (sql) =>
      Effect.tryPromise({
        try: () => sql.begin(options, work),
        catch: (error) => describeFailure(name, error),
      }).pipe(
        Effect.timeoutOrElse({
          duration: LONGEST_STATEMENT,
          orElse: () =>
            Effect.fail(new DatabaseError({ statement: name, reason: "timeout", message: "not done in an hour" })),
        }),
      ),
    (sql) => Effect.promise(() => sql.end({ timeout: 5 }).catch(() => undefined)),
  )

/** Those of these tables that are there, each after all that it refers to. */
const tablesInOrder = async (sql: Session, names: ReadonlyArray<string>): Promise<ReadonlyArray<TableCopy>> => {
  const there = await sql<Array<TableCopy>>`
    select c.relname::text as "name", to_jsonb(array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
    )) as "columns"
    from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' order by 1`
  const references = await sql<Array<{ from: string; to: string }>>`
    select f.relname::text as "from", t.relname::text as "to" from pg_constraint k
    join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace and k.conrelid <> k.confrelid`
  const left = new Map(there.filter(({ name }) => names.includes(name)).map((table) => [table.name, table]))
  const ordered: Array<TableCopy> = []
  const place = (table: TableCopy): void => {
    if (!left.delete(table.name)) return
    for (const { from, to } of references) {
      const needed = left.get(to)
      if (from === table.name && needed !== undefined) place(needed)
    }
    ordered.push(table)
  }
  for (const table of [...left.values()]) place(table)
  return ordered
}

const sequencesOf = async (sql: Session, tables: ReadonlyArray<string>): Promise<ReadonlyArray<SequenceCopy>> => {
  const names = await sql<Array<{ name: string }>>`
    select s.relname::text as "name" from pg_class s
    left join pg_depend d on d.objid = s.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    left join pg_class t on t.oid = d.refobjid
    where s.relkind = 'S' and s.relnamespace = current_schema()::regnamespace
      and (t.relname in ${sql([...tables])} or s.relname like 'stash%') order by 1`
  const copies: Array<SequenceCopy> = []
  for (const { name } of names) {
    const [row] = await sql<Array<SequenceCopy>>`
      select ${name}::text as "name", last_value::text as "value", is_called as "isCalled" from ${sql(name)}`
    if (row !== undefined) copies.push(row)
  }
  return copies
}

/**
 * All of a copy. postgres.js stops reading its socket when a reader lags, and goes on when it is asked for more: nobody asks
 * after the last row, and the session would stand still for ever. Iterated and not piped: a pipe may ask before it stops.
 */
async function* allOf(rows: Readable) {
  yield* rows
  rows._read(0)
}

/** Writes tables into files, as they all were at one moment. `fileOf`: where a table's rows go. */
export const copyTablesOut = (url: string, names: ReadonlyArray<string>, fileOf: (table: string) => string) =>
  inSession(url, "copy out", "isolation level repeatable read read only", async (sql) => {
    const tables = await tablesInOrder(sql, names)
    for (const { columns, name } of tables) {
      const rows = await sql`copy ${sql(name)} (${sql([...columns])}) to stdout`.readable()
      await pipeline(allOf(rows), createWriteStream(fileOf(name), { mode: 0o600 }))
    }
    return {
      tables,
      sequences: await sequencesOf(
        sql,
        tables.map(({ name }) => name),
      ),
    }
  })

/** Writes what is in the files into empty tables, all of it or nothing. Triggers rest: what they would write is there. */
export const copyTablesIn = (
  url: string,
  { sequences, tables }: { readonly tables: ReadonlyArray<TableCopy>; readonly sequences: ReadonlyArray<SequenceCopy> },
  fileOf: (table: string) => string,
) =>
  inSession(url, "copy in", "", async (sql) => {
    const names = tables.map(({ name }) => name)
    // What is referred to comes first here too, whatever the other database's order was.
    for (const { name } of await tablesInOrder(sql, names)) {
      const columns = tables.find((table) => table.name === name)?.columns ?? []
      await sql`alter table ${sql(name)} disable trigger user`
      const rows = await sql`copy ${sql(name)} (${sql([...columns])}) from stdin`.writable()
      await pipeline(createReadStream(fileOf(name)), rows)
      await sql`alter table ${sql(name)} enable trigger user`
    }
    for (const { isCalled, name, value } of sequences)
      await sql`select setval(${`"${name}"`}::regclass, ${value}::bigint, ${isCalled})`
  })

/** How many rows these tables hold; one that is not there holds none. */
export const countRows = (url: string, names: ReadonlyArray<string>) =>
  inSession(url, "count rows", "read only", async (sql) => {
    let count = 0
    for (const { name } of await tablesInOrder(sql, names)) {
      const [row] = await sql<Array<{ count: number }>>`select count(*)::int as "count" from ${sql(name)}`
      count += row?.count ?? 0
    }
    return count
  })
