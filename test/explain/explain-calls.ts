import { readdirSync, readFileSync } from "node:fs"
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
  // As the server does by itself, sooner or later.
  await sql.unsafe("vacuum analyze")
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

/** No statement may take longer, on a library of 200,000 packages. */
export const LIMIT_MILLIS = 50

/** The statements that read a large table without an index, in words. */
export const scansOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> =>
  explained.flatMap(({ call, statements }) =>
    statements.flatMap(({ scans, statement }) =>
      scans
        .filter(({ rows }) => rows >= MANY_ROWS)
        .map(({ rows, table }) => `${call}: ${statement} reads ${rows} rows of ${table} without an index`),
    ),
  )

/** The statements that take longer than they may, in words. */
export const slowOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> =>
  explained.flatMap(({ call, statements }) =>
    statements
      .filter(({ millis }) => millis > LIMIT_MILLIS)
      .map(({ millis, statement }) => `${call}: ${statement} takes ${millis.toFixed(1)} ms`),
  )

const folder = new URL("../../db/", import.meta.url)
const statementName = /(?<![\w.])(?:rows|first|one|run)\(\s*"([^"]+)"/g

/** Of the demo and of tests alone; of a table that only the app makes. */
const notHere: ReadonlySet<string> = new Set(["claimedSets", "appMigrations"])

/** Names of statements in db/ that no call has run. */
export const unseenOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> => {
  const seen = new Set(explained.flatMap(({ statements }) => statements.map(({ statement }) => statement)))
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => {
      const text = readFileSync(new URL(file, folder), "utf8")
      return [...text.matchAll(statementName)].flatMap(([, name = ""]) =>
        seen.has(name) || notHere.has(name) ? [] : [`${file}: ${name}`],
      )
    })
}
