import postgres from "postgres"

const withSql = async <A>(url: string, use: (sql: postgres.Sql) => Promise<A>): Promise<A> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await use(sql)
  } finally {
    await sql.end()
  }
}

/** Everything in the catalogue that says what the app's tables are; one line for each thing. */
export const describeSchema = (url: string): Promise<ReadonlyArray<string>> =>
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

/** Every row of the app's tables, over the columns that the app knows, by table. */
export const readRows = (url: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> =>
  withSql(url, async (sql) => {
    const tables = await sql<Array<{ table: string; columns: string }>>`
      select c.relname as "table", string_agg(quote_ident(a.attname), ', ' order by a.attname) as "columns"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'stash%'
        and a.attname not like 'stash%'
      group by c.relname order by c.relname`
    const found = new Map<string, ReadonlySet<string>>()
    for (const { columns, table } of tables) {
      const rows = await sql.unsafe<Array<{ row: string }>>(
        `select to_jsonb(r)::text as "row" from (select ${columns} from "${table}") r`,
      )
      found.set(table, new Set(rows.map(({ row }) => row)))
    }
    return found
  })

type Rows = Awaited<ReturnType<typeof readRows>>

/** The rows that are not there any more as they were. */
export const lostRows = (before: Rows, after: Rows): ReadonlyArray<{ readonly table: string; readonly row: string }> =>
  [...before].flatMap(([table, rows]) =>
    [...rows].filter((row) => after.get(table)?.has(row) !== true).map((row) => ({ table, row })),
  )
