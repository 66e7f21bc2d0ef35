import type postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../fresh-database.ts"
import { type ExplainedCall, explainCalls, fillLibrary, openSession, scansOf, unseenOf } from "./explain-calls.ts"

/** Enough rows for an index to pay; `npm run explain` does the same on a large library. */
const PACKAGES = 20_000
const FILES = 60_000

describe("the worker's statements", () => {
  let sql: postgres.Sql
  let explained: ReadonlyArray<ExplainedCall>
  beforeAll(async () => {
    sql = openSession(await freshDatabase())
    await fillLibrary(sql, PACKAGES, FILES)
    explained = await explainCalls(sql)
  })
  afterAll(() => sql?.end())

  it("read no large table without an index", () => {
    expect(scansOf(explained)).toEqual([])
  })

  it("are all looked at", () => {
    expect(explained.flatMap(({ statements }) => statements).length).toBeGreaterThan(400)
    expect(unseenOf(explained)).toEqual([])
  })
})
