import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import postgres from "postgres"
import { expect, it } from "vitest"
import { temporaryDirectory } from "../src/sandbox/testing/temporary-directory.ts"
import { emptyDatabase } from "../test/fresh-database.ts"
import { copyTablesOut } from "./table-copies.ts"

it("copies tables whose last row is larger than what a stream keeps, and goes on with the next one", async () => {
  const url = await emptyDatabase()
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  for (const name of ["first", "second", "third"])
    await sql.unsafe(`create table ${name} as select n, repeat('x', n * 100000) as words from generate_series(1, 5) n`)
  await sql.end()
  await using folder = await temporaryDirectory()
  const fileOf = (table: string) => join(folder.path, table)
  const { tables } = await Effect.runPromise(copyTablesOut(url, ["first", "second", "third"], fileOf))
  expect(tables.map(({ name }) => name)).toEqual(["first", "second", "third"])
  for (const { name } of tables) {
    const rows = (await readFile(fileOf(name), "utf8")).trimEnd().split("\n")
    expect(rows.map((row) => row.length)).toEqual([1, 2, 3, 4, 5].map((n) => n * 100_000 + 2))
  }
})
