import { readFile } from "node:fs/promises"
import postgres from "postgres"
import { emptyDatabase } from "../fresh-database.ts"

/** Packages of an installation when nobody asks for more. */
const PACKAGES = 3000

const read = (file: string): Promise<string> => readFile(new URL(file, import.meta.url), "utf8")

const run = async (url: string, texts: ReadonlyArray<string>): Promise<void> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    for (const text of texts) await sql.unsafe(text)
  } finally {
    await sql.end()
  }
}

const packages = (count: number): string => `set predecessor.packages = '${count}'`

/** Fills the tables that a worker has to do with: rows in every state that the former worker, the app and the bot leave. */
export const fillAsPredecessor = async (url: string, count = PACKAGES): Promise<void> =>
  run(url, [packages(count), await read("rows.sql")])

/** The URL of a new database as the web app's migrations and the former worker leave one; our migrations never ran there. */
export const predecessorDatabase = async (count = PACKAGES): Promise<string> => {
  const url = await emptyDatabase()
  await run(url, [await read("schema.sql"), packages(count), await read("rows.sql"), await read("app-rows.sql")])
  return url
}

/** As predecessorDatabase, with its tables and no rows in them. */
export const emptyPredecessorDatabase = async (): Promise<string> => {
  const url = await emptyDatabase()
  await run(url, [await read("schema.sql")])
  return url
}
