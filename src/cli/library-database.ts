import { join } from "node:path"
import { Effect, Layer, Redacted } from "effect"
import { Database } from "../../db/database.ts"
import { embeddedPostgres, runningEmbeddedPostgres } from "../../db/embedded.ts"
import { migrate } from "../../db/migrate.ts"
import { type Config, loadConfig } from "../config.ts"

const embeddedDirectory = (config: Config): string => join(config.dataDirectory, "postgres")

/** The database that is there without our doing: the operator's, or the embedded server of a running worker. */
export const runningDatabaseUrl = (config: Config) =>
  config.databaseUrl === undefined
    ? runningEmbeddedPostgres(embeddedDirectory(config))
    : Effect.succeed(Redacted.value(config.databaseUrl))

/** A worker that is starting, or stopping, has the server for a moment in which nobody can use it. */
const OTHERS_LIMIT = { waitForPrevious: "2 seconds", times: 15 } as const

const urlOf = Effect.fn("urlOf")(
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

/**
 * The library's database, for commands that ask or change something and are done: the operator's, or the embedded server
 * of a running worker, or that server started for as long as the command takes.
 * Fails with `ConfigError`, `EmbeddedPostgresError`, `DatabaseError` or `MigrationError`.
 */
export const layerLibraryDatabase = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* urlOf(yield* loadConfig(process.env))
    yield* migrate(url)
    return Database.layer({ url, max: 2, applicationName: "stash:command" })
  }),
)
