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

/** Calls that look at every row of something, or write many, because that is what they are for; all are an operator's. */
const largeByNature: Readonly<Record<string, string>> = {
  shelf: "counts the library, for stash adopt",
  unfinished: "counts what was left undone, for stash adopt",
  packageTotals: "counts the library, for the demo",
  claimCounts: "counts all sets",
  libraryTotals: "counts the library, for stash status",
  channelOverviews: "counts the sets of every channel, for stash channel list",
  libraryMessages: "reads the message of every package, for a rebuild",
  belongingsOf: "counts what an account has worked on, for stash account remove",
  removeAccount: "writes everything that an account has worked on",
  setCategory: "writes every package of a channel",
  "setsCalled, by a part of the name": "looks into every name, for stash why",
}

const ordinary = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<ExplainedCall> =>
  explained.filter(({ call }) => !(call in largeByNature))

/** The statements of ordinary calls that read a large table without an index, in words. */
export const scansOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> =>
  ordinary(explained).flatMap(({ call, statements }) =>
    statements.flatMap(({ scans, statement }) =>
      scans
        .filter(({ rows }) => rows >= MANY_ROWS)
        .map(({ rows, table }) => `${call}: ${statement} reads ${rows} rows of ${table} without an index`),
    ),
  )

/** The statements of ordinary calls that take longer than they may, in words. */
export const slowOf = (explained: ReadonlyArray<ExplainedCall>): ReadonlyArray<string> =>
  ordinary(explained).flatMap(({ call, statements }) =>
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
