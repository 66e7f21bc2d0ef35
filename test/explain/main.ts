/**
 * `npm run explain`: fills a database of its own with a large library, has every statement of the worker explained there,
 * and writes one archive of 100,000 entries. Exit code 0 only if all use indexes and none takes longer than it may.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { Database } from "../../db/database.ts"
import { embeddedPostgres } from "../../db/embedded.ts"
import { migrate } from "../../db/migrate.ts"
import { writeEntries } from "./calls.ts"
import { explainCalls, fillLibrary, LIMIT_MILLIS, openSession, scansOf, slowOf, unseenOf } from "./explain-calls.ts"

const { values } = parseArgs({
  options: {
    packages: { type: "string", default: "200000" },
    files: { type: "string", default: "5000000" },
    database: { type: "string" },
    json: { type: "string" },
  },
})

const ENTRIES = 100_000
const MEBIBYTE = 1024 * 1024
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** A database that is there already, filled before, or one of our own that is gone afterwards. */
const provideDatabase = Effect.gen(function* () {
  if (values.database !== undefined) return values.database
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "stash-explain-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )
  const { url } = yield* embeddedPostgres({
    directory,
    settings: { fsync: "off", full_page_writes: "off", max_wal_size: "8GB", maintenance_work_mem: "512MB" },
  })
  yield* migrate(url)
  const started = performance.now()
  yield* Effect.promise(async () => {
    const sql = openSession(url)
    await fillLibrary(sql, Number(values.packages), Number(values.files))
    await sql.end()
  })
  say(`${values.packages} packages with ${values.files} files in ${Math.round((performance.now() - started) / 1000)} s`)
  return url
})

/** Memory that writing the entries of one archive takes beside the entries themselves, in MiB, and its seconds. */
const measureEntries = Effect.fn("measureEntries")(function* (url: string) {
  const work = writeEntries(ENTRIES)
  const before = process.memoryUsage().rss
  const started = performance.now()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  yield* Effect.provide(work, Database.layer({ url, max: 1, applicationName: "stash:explain" })).pipe(
    Effect.ensuring(Effect.sync(() => clearInterval(watch))),
  )
  return { mib: Math.round((peak - before) / MEBIBYTE), seconds: Math.round((performance.now() - started) / 100) / 10 }
})

const program = Effect.gen(function* () {
  const url = yield* provideDatabase
  const explained = yield* Effect.promise(async () => {
    const sql = openSession(url)
    try {
      return await explainCalls(sql)
    } finally {
      await sql.end()
    }
  })
  const entries = yield* measureEntries(url)
  const statements = explained
    .flatMap(({ call, statements }) => statements.map(({ millis, statement }) => ({ call, statement, millis })))
    .sort((a, b) => b.millis - a.millis)
  const problems = [
    ...scansOf(explained),
    ...slowOf(explained),
    ...unseenOf(explained).map((name) => `not explained: ${name}`),
  ]
  for (const { call, millis, statement } of statements.slice(0, 15))
    say(`${millis.toFixed(1).padStart(8)} ms  ${statement} (${call})`)
  say(`${ENTRIES} entries of one archive: ${entries.seconds} s, ${entries.mib} MiB more memory`)
  for (const problem of problems) say(`PROBLEM ${problem}`)
  say(`${statements.length} statements, limit ${LIMIT_MILLIS} ms: ${problems.length === 0 ? "all hold" : "missed"}`)
  if (values.json !== undefined) {
    const report = JSON.stringify({ ok: problems.length === 0, problems, entries, statements }, null, 2)
    yield* Effect.promise(() => writeFile(values.json ?? "", report))
  }
  process.exitCode = problems.length === 0 ? 0 : 1
}).pipe(Effect.scoped)

await Effect.runPromise(program)
