import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { embeddedPostgres, runningEmbeddedPostgres } from "../db/embedded.ts"
import type { Config } from "./config.ts"

const embeddedDirectory = (config: Config): string => join(config.dataDirectory, "postgres")

/** The database that is there without our doing: the operator's, or the embedded server of a running worker. */
export const runningDatabaseUrl = (config: Config) =>
  config.databaseUrl === undefined
    ? runningEmbeddedPostgres(embeddedDirectory(config))
    : Effect.succeed(Redacted.value(config.databaseUrl))

/** A worker that is starting, or stopping, has the server for a moment in which nobody can use it. */
const OTHERS_LIMIT = { waitForPrevious: "2 seconds", times: 15 } as const

/** The library's database; the embedded server is started, for as long as the scope lives, unless a worker runs it. */
export const libraryDatabaseUrl = Effect.fn("libraryDatabaseUrl")(
  function* (config: Config) {
    const running = yield* runningDatabaseUrl(config)
    const { waitForPrevious } = OTHERS_LIMIT
    return running ?? (yield* embeddedPostgres({ directory: embeddedDirectory(config), waitForPrevious })).url
  },
  Effect.retry({
    while: (error) => error._tag === "EmbeddedPostgresError" && error.reason === "in_use",
    times: OTHERS_LIMIT.times,
  }),
)

/** The same, if there is one: an embedded database that was not made yet is not made for this. */
export const existingDatabaseUrl = Effect.fn("existingDatabaseUrl")(function* (config: Config) {
  const isThere = config.databaseUrl !== undefined || existsSync(join(embeddedDirectory(config), "data"))
  return isThere ? yield* libraryDatabaseUrl(config) : undefined
})
