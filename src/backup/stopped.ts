import { Effect } from "effect"
import { Database } from "../../db/database.ts"
import { supervisorListens } from "../../db/supervisors.ts"
import { openSessions } from "../open-sessions.ts"
import { BackupError } from "./manifest.ts"

/** Fails with `BackupError` while a worker runs on this database, or has an account of this folder open. */
export const requireStopped = Effect.fn("requireStopped")(function* (url: string, tdlibDirectory: string) {
  const listens = yield* supervisorListens().pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
  )
  const open = yield* Effect.promise(() => openSessions(tdlibDirectory))
  if (listens || open.size > 0)
    return yield* new BackupError({
      why: "a worker is running, and writes what is to be copied: stop it first (Ctrl-C, docker compose stop), then repeat this",
    })
})
