import { readFileSync } from "node:fs"
import { Effect } from "effect"
import postgres from "postgres"
import { Database } from "../../db/database.ts"
import { calls } from "./calls.ts"
import { type Explained, explainingDatabase } from "./explaining-database.ts"

/** Something that was asked of the database, with all statements that were run for it. */
export interface ExplainedCall {
  readonly call: string
  readonly statements: ReadonlyArray<Explained>
}

export const openSession = (url: string): postgres.Sql =>
  postgres(url, {
    max: 1,
    onnotice: () => undefined,
    fetch_types: false,
    connection: { TimeZone: "UTC", application_name: "stash:explain" },
  })

/** Fills a migrated, empty database. */
export const fillLibrary = async (sql: postgres.Sql, packages: number, files: number): Promise<void> => {
  await sql.unsafe(`set stash.packages = '${packages}'; set stash.files = '${files}'`)
  await sql.unsafe(readFileSync(new URL("library.sql", import.meta.url), "utf8"))
}

/** Explains, runs and undoes every call. */
export const explainCalls = async (sql: postgres.Sql): Promise<ReadonlyArray<ExplainedCall>> => {
  const explained: Array<ExplainedCall> = []
  for (const [call, effect] of Object.entries(calls)) {
    const statements: Array<Explained> = []
    const database = explainingDatabase(sql, (one) => void statements.push(one))
    await sql.unsafe("begin")
    try {
      await Effect.runPromise(Effect.provideService(effect, Database, database))
    } catch (cause) {
      throw new Error(`${call} cannot be explained`, { cause })
    } finally {
      await sql.unsafe("rollback")
    }
    explained.push({ call, statements })
  }
  return explained
}

/** A table is read whole if so many of its rows were read without an index; smaller tables need none. */
const MANY_ROWS = 5_000

/** Calls that look at every row of something, because that is what they are for. */
const wholeTables: Readonly<Record<string, string>> = {
  shelf: "counts the library, once, for `stash adopt`",
  packageTotals: "counts the library, for the demo",
  claimCounts: "counts all sets",
}

/** The statements of these calls that read a large table without an index, in words. */
export const scansOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> =>
  explained.flatMap(({ call, statements }) =>
    call in wholeTables
      ? []
      : statements.flatMap(({ scans, statement }) =>
          scans
            .filter(({ rows }) => rows >= MANY_ROWS)
            .map(({ rows, table }) => `${call}: ${statement} reads ${rows} rows of ${table} without an index`),
        ),
  )
