import type postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../fresh-database.ts"
import { explainCalls, fillLibrary, openSession, scansOf } from "./explain-calls.ts"

/** Enough rows for an index to pay; `npm run explain` does the same on a large library. */
const PACKAGES = 20_000
const FILES = 60_000

describe("the worker's statements", () => {
  let sql: postgres.Sql
  beforeAll(async () => {
    sql = openSession(await freshDatabase())
    await fillLibrary(sql, PACKAGES, FILES)
  })
  afterAll(() => sql?.end())

  it("read no large table without an index", async () => {
    const explained = await explainCalls(sql)
    expect(explained.flatMap(({ statements }) => statements).length).toBeGreaterThan(150)
    expect(scansOf(explained)).toEqual([])
  })
})
