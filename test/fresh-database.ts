import { randomBytes } from "node:crypto"
import postgres from "postgres"
import { inject } from "vitest"

export const templateDatabase = "stash_template"

export const withDatabase = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** The URL of a new, migrated, empty database on the server of this test run. It lives as long as the server. */
export const freshDatabase = (): Promise<string> => createDatabase(`template ${templateDatabase}`)

/** As freshDatabase, without any table. */
export const emptyDatabase = (): Promise<string> => createDatabase("")

const createDatabase = async (options: string): Promise<string> => {
  const name = `test_${randomBytes(6).toString("hex")}`
  const sql = postgres(inject("postgresUrl"), { max: 1, onnotice: () => undefined })
  try {
    await sql.unsafe(`create database ${name} ${options}`)
  } finally {
    await sql.end()
  }
  return withDatabase(inject("postgresUrl"), name)
}
