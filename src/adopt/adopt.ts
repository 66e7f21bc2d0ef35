import { Effect, Redacted, Schema } from "effect"
import { callAccounts } from "../../db/channels.ts"
import { Database } from "../../db/database.ts"
import { endLeftRuns } from "../../db/installation.ts"
import { migrate } from "../../db/migrate.ts"
import { run, transaction } from "../../db/statement.ts"
import type { Config } from "../config.ts"
import { inspectAccounts } from "./inspect-accounts.ts"
import { inspectDatabase } from "./inspect-database.ts"
import { inspectSettings } from "./inspect-settings.ts"
import type { Inspection } from "./inspection.ts"
import { takeOver } from "./tdlib-folder.ts"

/** Thrown when: a TDLib folder cannot be taken over or given back. What was done to others stays done. */
export class FolderNotMoved extends Schema.TaggedError<FolderNotMoved>()("FolderNotMoved", {
  folder: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `${this.folder} could not be changed (${this.why}): mend that, and run the command again`
  }
}

/** The database of an installation, as it is: no migration runs. */
export const layerInstallation = (url: string) => Database.layer({ url, max: 1, applicationName: "stash:adopt" })

const readOnly = run("readOnly", (sql) => sql`set transaction read only`)

/** Looks at everything and changes nothing. Fails with `DatabaseError`. */
export const inspect = Effect.fn("Adopt.inspect")(function* (config: Config) {
  const settings = inspectSettings(config)
  if (config.databaseUrl === undefined) return { findings: settings, accounts: [] } satisfies Inspection
  const look = Effect.gen(function* () {
    yield* readOnly
    const { findings, isThere } = yield* inspectDatabase
    return { findings, accounts: isThere ? yield* inspectAccounts(config.tdlibDirectory) : [] }
  })
  const { accounts, findings } = yield* transaction("inspect", look).pipe(
    Effect.provide(layerInstallation(Redacted.value(config.databaseUrl))),
  )
  return {
    findings: [...settings, ...accounts.map(({ finding }) => finding), ...findings],
    accounts,
  } satisfies Inspection
})

/** Does to the folders that are to change their owner what `move` does, one after another. Fails with `FolderNotMoved`. */
export const moveFolders = ({ accounts }: Inspection, move: (folder: string) => Promise<void>) =>
  Effect.forEach(
    accounts.filter(({ isToMove }) => isToMove),
    ({ folder }) =>
      Effect.tryPromise({
        try: () => move(folder),
        catch: (cause) => new FolderNotMoved({ folder, why: cause instanceof Error ? cause.message : String(cause) }),
      }),
    { discard: true },
  )

/**
 * Adopts what was inspected and found without a blocker. Repeating it changes nothing more.
 * Fails with `DatabaseError`, `MigrationError` or `FolderNotMoved`.
 */
export const adopt = Effect.fn("Adopt.adopt")(function* (url: string, inspection: Inspection) {
  yield* migrate(url)
  yield* moveFolders(inspection, takeOver)
  // A worker that runs already has parked the accounts that were not adopted.
  yield* transaction("adopt", Effect.andThen(endLeftRuns(), callAccounts())).pipe(
    Effect.provide(layerInstallation(url)),
  )
})
