import { Effect } from "effect"
import { accountStandings } from "../../db/account-states.ts"
import { Database, DatabaseError } from "../../db/database.ts"
import type { EmbeddedPostgresError } from "../../db/embedded.ts"
import { supervisorListens } from "../../db/supervisors.ts"
import { type Config, loadConfig } from "../config.ts"
import { existingDatabaseUrl } from "../database-url.ts"
import { checkAccounts } from "./check-accounts.ts"
import { checkDestination, checkSources, type LookAt } from "./check-channels.ts"
import { checkDatabase, checkSessions, unreachable } from "./check-database.ts"
import { checkOtherWorker, checkRoom, checkSecrets, checkWritable } from "./check-folders.ts"
import { checkDescriptors, checkNode, checkPrograms, checkSevenZip, checkTdlib } from "./check-installation.ts"
import { badSettings, checkConsole, checkTelegram } from "./check-settings.ts"
import { type Check, check, fault } from "./finding.ts"

const checkInstallation = Effect.fn("checkInstallation")(function* () {
  return [checkNode(), yield* checkTdlib(), checkSevenZip(), yield* checkDescriptors()]
})

const embeddedFault = (error: EmbeddedPostgresError): Check =>
  check(
    "database",
    "the embedded server does not start",
    fault(
      error.message,
      "the worker keeps everything it knows there",
      "do what the sentence says, or set DATABASE_URL",
    ),
  )

const nothingKnown = { checks: [] as ReadonlyArray<Check>, isWorkerThere: false, running: new Set<string>() }

const lookIntoLibrary = Effect.fn("lookIntoLibrary")(function* (look: LookAt) {
  const { checks, isReady, maxSessions } = yield* checkDatabase()
  const isWorkerThere = yield* supervisorListens()
  if (!isReady) return { ...nothingKnown, checks, isWorkerThere }
  const accounts = yield* accountStandings()
  const running = accounts.filter(({ isAlive }) => isAlive)
  const sessions = checkSessions(maxSessions, accounts.filter(({ isActive }) => isActive).length)
  const library = [sessions, yield* checkAccounts(), yield* checkDestination(look), yield* checkSources()]
  return { checks: [...checks, ...library], isWorkerThere, running: new Set(running.map(({ id }) => id)) }
})

/** The database and what is in it. Whatever keeps it from being asked is a finding. */
export const checkLibrary = Effect.fn("checkLibrary")(
  function* (config: Config, look: LookAt) {
    const url = yield* existingDatabaseUrl(config)
    if (url === undefined)
      return { ...nothingKnown, checks: [check("database", "the embedded one is made at the first start")] }
    return yield* lookIntoLibrary(look).pipe(
      Effect.provide(Database.layer({ url, max: 2, applicationName: "stash:command" })),
    )
  },
  Effect.scoped,
  Effect.catch((error) =>
    Effect.succeed({
      ...nothingKnown,
      checks: [error instanceof DatabaseError ? unreachable(error) : embeddedFault(error)],
    }),
  ),
)

/**
 * Looks at everything that the worker needs, and changes nothing. `look`: how an account of a running worker sees a chat.
 */
export const examine = Effect.fn("examine")(function* (
  environment: Readonly<Record<string, string | undefined>>,
  look: LookAt,
) {
  const installation = yield* checkInstallation()
  const config = yield* Effect.match(loadConfig(environment), { onFailure: badSettings, onSuccess: (good) => good })
  if ("findings" in config) return [...installation, config]
  const folders = [yield* checkWritable(config), yield* checkRoom(config), yield* checkSecrets(config)]
  const library = yield* checkLibrary(config, look)
  return [
    ...installation,
    ...(config.databaseUrl === undefined ? [checkPrograms(environment["PATH"])] : []),
    yield* checkTelegram(config),
    ...folders,
    yield* checkOtherWorker(config, library.running),
    yield* checkConsole(config.console, library.isWorkerThere),
    ...library.checks,
  ]
})
