import { Effect, Option, Schema, Stream } from "effect"
import type postgres from "postgres"
import { Database, DatabaseError, type Query, type Sql } from "../../db/database.ts"

/** A table that was read from its first row to its last, and how many rows that were. */
export interface Scan {
  readonly table: string
  readonly rows: number
}

/** A statement, and what the server did for it. */
export interface Explained {
  readonly statement: string
  readonly text: string
  readonly millis: number
  readonly scans: ReadonlyArray<Scan>
}

interface PlanNode {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Actual Rows"?: number
  readonly "Actual Loops"?: number
  readonly "Rows Removed by Filter"?: number
  readonly Plans?: ReadonlyArray<PlanNode>
}

interface ExplainRow {
  readonly "QUERY PLAN": ReadonlyArray<{ readonly Plan: PlanNode; readonly "Execution Time": number }>
}

const scansIn = (node: PlanNode): ReadonlyArray<Scan> => {
  const below = (node.Plans ?? []).flatMap(scansIn)
  if (node["Node Type"] !== "Seq Scan") return below
  const each = (node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0)
  return [{ table: node["Relation Name"] ?? "", rows: Math.round(each * (node["Actual Loops"] ?? 1)) }, ...below]
}

/** What postgres.js knows of a query once it was described. */
interface Built {
  readonly string: string
  readonly parameters: ReadonlyArray<never>
}

const canBeExplained = (text: string): boolean => /^\s*(?:select|with|insert|update|delete)\b/i.test(text)

const explain = async (sql: Sql, statement: string, query: (sql: Sql) => Query): Promise<Explained | undefined> => {
  const described = query(sql)
  await described.describe()
  const { parameters, string: text } = described as unknown as Built
  if (!canBeExplained(text)) return undefined
  let answer: ExplainRow | undefined
  // The second time what it reads is in memory.
  for (let time = 0; time < 2; time++) {
    await sql.unsafe("savepoint explained")
    const rows = await sql.unsafe<Array<ExplainRow>>(`explain (analyze, timing off, format json) ${text}`, [
      ...parameters,
    ])
    answer = rows[0]
    await sql.unsafe("rollback to savepoint explained")
  }
  const [plan] = answer?.["QUERY PLAN"] ?? []
  if (plan === undefined) return undefined
  return { statement, text, millis: plan["Execution Time"], scans: scansIn(plan.Plan) }
}

/**
 * A database on this one session that has every statement explained, twice and undone, before it is run. It is to be used
 * within a transaction.
 */
export const explainingDatabase = (
  sql: postgres.Sql,
  note: (explained: Explained) => void,
): (typeof Database)["Service"] => {
  const execute = (statement: string, query: (sql: Sql) => Query) =>
    Effect.tryPromise({
      try: async () => {
        const explained = await explain(sql, statement, query)
        if (explained !== undefined) note(explained)
        return await query(sql)
      },
      catch: (cause) => new DatabaseError({ statement, reason: "refused", message: String(cause) }),
    })
  const decoded = <A>(
    statement: string,
    row: Schema.ConstraintDecoder<A>,
    query: (sql: Sql) => Query,
  ): Effect.Effect<ReadonlyArray<A>, DatabaseError> =>
    Effect.flatMap(execute(statement, query), (rows) =>
      Effect.forEach([...rows], (value) => Schema.decodeUnknownEffect(row)(value)),
    ).pipe(
      Effect.mapError((error) =>
        error instanceof DatabaseError
          ? error
          : new DatabaseError({ statement, reason: "invalid_row", message: error.message }),
      ),
    )
  const database: (typeof Database)["Service"] = Database.of({
    rows: decoded,
    first: (statement, row, query) =>
      Effect.map(decoded(statement, row, query), ([one]) => Option.fromUndefinedOr(one)),
    run: (statement, query) => Effect.map(execute(statement, query), ({ count }) => count),
    transaction: (_, work) => Effect.provideService(work, Database, Database.of(database)),
    listen: () => Stream.never,
  })
  return database
}
