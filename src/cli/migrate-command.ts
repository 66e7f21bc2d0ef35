import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Database } from "../../db/database.ts"
import { migrate, migrationNames, migrationState } from "../../db/migrate.ts"
import { loadConfig } from "../config.ts"
import { existingDatabaseUrl, libraryDatabaseUrl } from "../database-url.ts"
import { json } from "./one-account.ts"

const pendingOn = (url: string) =>
  Effect.map(migrationState(), ({ pending }) => pending).pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
  )

/** `stash migrate`: the database as this version needs it. Every start does the same. */
export const migrateCommand = Command.make(
  "migrate",
  {
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDefault(false), Flag.withDescription("only tell what would be done")),
    json,
  },
  Effect.fn(function* ({ dryRun, json }) {
    const config = yield* loadConfig(process.env)
    const url = dryRun ? yield* existingDatabaseUrl(config) : yield* libraryDatabaseUrl(config)
    const migrations: ReadonlyArray<string> =
      url === undefined ? migrationNames : dryRun ? yield* pendingOn(url) : yield* migrate(url)
    if (json) return yield* Console.log(JSON.stringify({ dryRun, migrations }))
    if (migrations.length === 0) return yield* Console.log("The database is up to date.")
    yield* Console.log(`${dryRun ? "Would be done" : "Done"}: ${migrations.join(", ")}`)
  }, Effect.scoped),
).pipe(
  Command.withDescription("Bring the database up to date, as every start of the worker does"),
  Command.withExamples([
    { command: "stash migrate --dry-run", description: "what would be done?" },
    { command: "stash migrate", description: "do it, before a new version is started" },
  ]),
)
