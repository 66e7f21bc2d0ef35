import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { describeSettings, loadConfig } from "./config.ts"

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
