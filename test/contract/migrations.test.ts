import { Effect } from "effect"
import postgres from "postgres"
import { describe, expect, it } from "vitest"
import { migrate } from "../../db/migrate.ts"
import { emptyDatabase } from "../fresh-database.ts"
import { emptyPredecessorDatabase, predecessorDatabase } from "../predecessor/predecessor-database.ts"

const withSql = async <A>(url: string, use: (sql: postgres.Sql) => Promise<A>): Promise<A> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await use(sql)
  } finally {
    await sql.end()
  }
}

/** Everything in the catalogue that says what the app's tables are; one line for each thing. */
const describeSchema = (url: string): Promise<ReadonlyArray<string>> =>
  withSql(url, async (sql) => {
    const rows = await sql<Array<{ line: string }>>`
      with t as (
        select c.oid, c.relname from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'stash%'
      )
      select format('column %I.%I %s %s %s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                    pg_get_expr(d.adbin, d.adrelid)) as "line"
      from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
      union all select pg_get_indexdef(i.indexrelid) from t join pg_index i on i.indrelid = t.oid
      union all select format('constraint %I.%I %s', t.relname, k.conname, pg_get_constraintdef(k.oid))
      from t join pg_constraint k on k.conrelid = t.oid and k.contype <> 'n'
      union all select pg_get_triggerdef(g.oid) from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
      union all select format('type %I %s', y.typname, array_agg(e.enumlabel order by e.enumsortorder))
      from pg_type y join pg_enum e on e.enumtypid = y.oid group by y.typname
      order by "line"`
    return rows.map(({ line }) => line)
  })

/** The number of rows and a digest of them, over the columns that the app knows, for every table of the app's. */
const digestRows = (url: string): Promise<ReadonlyArray<unknown>> =>
  withSql(url, async (sql) => {
    const tables = await sql<Array<{ table: string; columns: string }>>`
      select c.relname as "table", string_agg(quote_ident(a.attname), ', ' order by a.attnum) as "columns"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'stash%'
        and a.attname not like 'stash%'
      group by c.relname order by c.relname`
    return Promise.all(
      tables.map(async ({ columns, table }) => {
        const [digest] = await sql.unsafe(
          `select count(*)::int as "rows", md5(string_agg(r::text, '|' order by r::text)) as "digest"
           from (select ${columns} from "${table}") r`,
        )
        return { table, ...digest }
      }),
    )
  })

describe("our migrations on an existing installation", () => {
  it("leave every table, index, constraint, trigger and type of the app as it is, and every row", async () => {
    const url = await predecessorDatabase()
    const [schema, rows] = [await describeSchema(url), await digestRows(url)]
    await Effect.runPromise(migrate(url))
    const after = await describeSchema(url)
    expect(schema.filter((line) => !after.includes(line))).toEqual([])
    expect(await digestRows(url)).toEqual(rows)
    // What is added to the app's tables is named so that everybody sees whose it is.
    const added = after.filter((line) => !schema.includes(line))
    expect(added.length).toBeGreaterThan(0)
    expect(added.filter((line) => !/\bstash/i.test(line))).toEqual([])
  })

  it("make on an empty database what the app's migrations make", async () => {
    const [url, ours] = [await emptyPredecessorDatabase(), await emptyDatabase()]
    await Effect.runPromise(migrate(ours))
    const made = new Set(await describeSchema(ours))
    // Tables that a worker has nothing to do with, and what binds others to them.
    const ofOthers =
      /\b(?:User|_prisma_migrations|bot_subscriptions|kickstarter\w*|DeliveryStatus|PaymentStatus|Role)\b/
    const missing = (await describeSchema(url)).filter((line) => !made.has(line) && !ofOthers.test(line))
    expect(missing).toEqual([])
  })
})
