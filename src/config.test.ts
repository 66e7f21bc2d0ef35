import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { describeSettings, loadConfig } from "./config.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "stash-config-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true })),
)

describe("the configuration", () => {
  it.effect("has sane defaults for an empty environment", () =>
    Effect.gen(function* () {
      const config = yield* loadConfig({})
      assert.strictEqual(config.intervalMinutes, 60)
      assert.strictEqual(config.maxSetBytes, 204_800 * 1024 * 1024)
      assert.isUndefined(config.maxPartBytes)
      assert.isUndefined(config.databaseUrl)
      assert.isTrue(config.tempDirectory.startsWith(config.dataDirectory))
    }),
  )

  it.effect("reads a list of extensions in any case, or none", () =>
    Effect.gen(function* () {
      const lists = ["STL, 3mf ,pdf", "none", ""]
      const read = yield* Effect.forEach(lists, (list) => loadConfig({ STASH_DOCUMENT_EXTENSIONS: list }))
      assert.deepStrictEqual(read[0]?.documentExtensions, ["stl", "3mf", "pdf"])
      assert.deepStrictEqual(read[1]?.documentExtensions, [])
      assert.include(read[2]?.documentExtensions ?? [], "gcode")
      const error = yield* Effect.flip(loadConfig({ STASH_DOCUMENT_EXTENSIONS: ".stl;.obj" }))
      assert.include(error.message, "STASH_DOCUMENT_EXTENSIONS=.stl;.obj: expected extensions without dots")
    }),
  )

  it.effect("takes an empty value for an unset one, as compose files write it", () =>
    Effect.gen(function* () {
      const config = yield* loadConfig({ WORKER_INTERVAL_MINUTES: "", DATABASE_URL: " " })
      assert.strictEqual(config.intervalMinutes, 60)
      assert.isUndefined(config.databaseUrl)
    }),
  )

  it.effect("names every bad value at once, and what was expected", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        loadConfig({ WORKER_INTERVAL_MINUTES: "often", MAX_PART_SIZE_MB: "99999", LOG_LEVEL: "loud" }),
      )
      assert.deepStrictEqual(
        error.problems.map(({ name }) => name),
        ["WORKER_INTERVAL_MINUTES", "MAX_PART_SIZE_MB", "LOG_LEVEL"],
      )
      assert.include(error.message, "WORKER_INTERVAL_MINUTES=often: expected minutes, 1 to 10080")
    }),
  )

  it.effect("says which secrets come in files, and nothing of what is in them", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "token")
      yield* Effect.promise(() => writeFile(file, "hunter2hunter2hunter2"))
      const named = ["DATABASE_URL", "TELEGRAM_API_HASH", "STASH_PROXY", "STASH_CONSOLE_TOKEN"]
      const report = describeSettings(Object.fromEntries(named.map((name) => [`${name}_FILE`, file])))
      assert.deepStrictEqual(
        report.filter(({ source }) => source === "file").map(({ name, value }) => ({ name, value })),
        named.map((name) => ({ name, value: "set (file)" })),
      )
      assert.notInclude(JSON.stringify(report), "hunter2")
      assert.deepInclude(
        report.find(({ name }) => name === "STASH_CONSOLE_TOKEN_FILE"),
        { value: file, source: "environment" },
      )
    }),
  )

  it.effect("never shows a secret, neither in the report nor in an error", () =>
    Effect.gen(function* () {
      const environment = { DATABASE_URL: "mysql://user:hunter2@host/db", TELEGRAM_API_HASH: "hunter2hunter2" }
      const error = yield* Effect.flip(loadConfig(environment))
      assert.notInclude(error.message, "hunter2")
      assert.notInclude(JSON.stringify(describeSettings(environment)), "hunter2")
      const config = yield* loadConfig({ DATABASE_URL: "postgres://user:hunter2@host/db" })
      assert.notInclude(JSON.stringify(config), "hunter2")
      assert.include(config.databaseUrl ? Redacted.value(config.databaseUrl) : "", "hunter2")
    }),
  )

  it.effect("takes a secret from the first line of a file, as containers hand them in", () =>
    Effect.gen(function* () {
      const url = join(yield* folder, "database_url")
      yield* Effect.promise(() => writeFile(url, "postgres://user:hunter2@host/db\n# the library's\n"))
      const { databaseUrl } = yield* loadConfig({ DATABASE_URL_FILE: url })
      assert.strictEqual(databaseUrl && Redacted.value(databaseUrl), "postgres://user:hunter2@host/db")
      const two = yield* Effect.flip(loadConfig({ DATABASE_URL_FILE: url, DATABASE_URL: "postgres://other/db" }))
      assert.include(two.message, "expected either DATABASE_URL or DATABASE_URL_FILE, not both")
    }).pipe(Effect.scoped),
  )

  it.effect("says which secret file is of no use, and why, but nothing that is in it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const missing = join(directory, "missing")
      const empty = join(directory, "empty")
      const bad = join(directory, "bad")
      yield* Effect.promise(() => writeFile(empty, "\nhunter2\n"))
      yield* Effect.promise(() => writeFile(bad, "hunter2\n"))
      const error = yield* Effect.flip(
        loadConfig({ DATABASE_URL_FILE: missing, STASH_PROXY_FILE: empty, TELEGRAM_API_HASH_FILE: bad }),
      )
      assert.include(error.message, `DATABASE_URL_FILE=${missing}: expected a file that can be read (ENOENT`)
      assert.include(error.message, `STASH_PROXY_FILE=${empty}: expected a file with the value in its first line`)
      assert.include(error.message, "TELEGRAM_API_HASH=***: expected 32 hexadecimal digits")
      assert.notInclude(error.message, "hunter2")
    }).pipe(Effect.scoped),
  )

  it.effect("serves the console on this machine, on any port, or not at all", () =>
    Effect.gen(function* () {
      const { console: usual } = yield* loadConfig({})
      assert.deepStrictEqual(usual, { port: 8787, host: "127.0.0.1", token: undefined, tokenFile: undefined })
      assert.isUndefined((yield* loadConfig({ STASH_CONSOLE_PORT: "off" })).console.port)
      assert.strictEqual((yield* loadConfig({ STASH_CONSOLE_PORT: "0" })).console.port, 0)
      const error = yield* Effect.flip(loadConfig({ STASH_CONSOLE_PORT: "http", STASH_CONSOLE_TOKEN: "too short" }))
      assert.include(error.message, "STASH_CONSOLE_PORT=http: expected a port, 0 to 65535, or off")
      assert.include(error.message, "STASH_CONSOLE_TOKEN=***: expected 16 to 512")
    }),
  )

  it.effect("refuses a sandbox that is not on this machine", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadConfig({ STASH_SANDBOX: "http://192.0.2.1:8080" }))
      assert.deepStrictEqual(
        error.problems.map(({ name }) => name),
        ["STASH_SANDBOX"],
      )
    }),
  )
})
