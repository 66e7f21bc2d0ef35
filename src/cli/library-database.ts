import { Effect, Layer } from "effect"
import { Database } from "../../db/database.ts"
import { migrate } from "../../db/migrate.ts"
import { loadConfig } from "../config.ts"
import { libraryDatabaseUrl } from "../database-url.ts"

/**
 * The library's database, for commands that ask or change something and are done: the operator's, or the embedded server
 * of a running worker, or that server started for as long as the command takes.
 * Fails with `ConfigError`, `EmbeddedPostgresError`, `DatabaseError` or `MigrationError`.
 */
export const layerLibraryDatabase = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* libraryDatabaseUrl(yield* loadConfig(process.env))
    yield* migrate(url)
    return Database.layer({ url, max: 2, applicationName: "stash:command" })
  }),
)
