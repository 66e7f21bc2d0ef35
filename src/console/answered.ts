import { Effect } from "effect"
import { Database, DatabaseError } from "../../db/database.ts"
import { logEvent } from "../log-line.ts"
import { LibraryAway, NotThere, Refused } from "./api-errors.ts"

/** What people can be told of whatever went wrong with what they asked for. */
const told = (error: unknown): LibraryAway | NotThere | Refused => {
  if (error instanceof NotThere || error instanceof Refused) return error
  if (error instanceof DatabaseError) return new LibraryAway({ message: error.message })
  return new Refused({ message: error instanceof Error ? error.message : String(error) })
}

/** An answer from the database, or what can be told instead. */
export const answered = <A, E>(database: Database["Service"], work: Effect.Effect<A, E, Database>) =>
  work.pipe(Effect.provideService(Database, database), Effect.mapError(told))

/** The same for what changes something: it is logged, with how it went. `fields` hold no secrets. */
export const acted = <A extends { readonly what: string }, E>(
  database: Database["Service"],
  action: string,
  fields: Readonly<Record<string, unknown>>,
  work: Effect.Effect<A, E, Database>,
) =>
  answered(database, work).pipe(
    Effect.tap(({ what }) =>
      logEvent.info("console.action", `An operator did in the console: ${action}`, { action, ...fields, what }),
    ),
    Effect.tapError(({ message }) =>
      logEvent.warn("console.refused", `An operator could not do in the console: ${action}`, {
        action,
        ...fields,
        reason: message,
      }),
    ),
  )
