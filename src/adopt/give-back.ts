import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { leftAccounts, publicationsUnderWay } from "../../db/installation.ts"
import { pendingMigrations } from "../../db/migrate.ts"
import type { Config } from "../config.ts"
import { layerInstallation } from "./adopt.ts"
import { counted, type Finding, when } from "./finding.ts"
import { inspectSettings } from "./inspect-settings.ts"
import type { InspectedAccount, Inspection } from "./inspection.ts"
import { isKept, isOpen, layoutOf } from "./tdlib-folder.ts"

const about = "accounts"

const inspectAccount = async (
  folder: string,
  account: { readonly name: string; readonly isAlive: boolean },
): Promise<InspectedAccount> => {
  const say = (finding: Omit<Finding, "about">, isToMove = false): InspectedAccount => ({
    folder,
    isToMove,
    finding: { about, ...finding },
  })
  if (account.isAlive || (await isOpen(folder)))
    return say({ kind: "blocker", what: `${account.name} is at work`, remedy: "stop this worker" })
  if ((await layoutOf(folder)) === "former")
    return say({ kind: "note", what: `${account.name}: its session is the former worker's` })
  if (await isKept(folder))
    return say({ kind: "step", what: `${account.name}: its session is given back in ${folder}, without a login` }, true)
  return say({
    kind: "warning",
    what: `${account.name} was not taken over from the former worker, which has no session for it`,
    remedy: "log in there anew; until then the web app shows it as expired",
  })
}

const inspectHeld = Effect.fn("inspectHeld")(function* (stateDirectory: string) {
  // Without this worker's tables there is nothing that it could have begun.
  const publications = (yield* pendingMigrations()).length > 0 ? 0 : yield* publicationsUnderWay()
  const accounts = yield* leftAccounts()
  const inspected = yield* Effect.promise(() =>
    Promise.all(
      accounts.map(({ id, isAlive, name }) => inspectAccount(join(stateDirectory, id), { name: name ?? id, isAlive })),
    ),
  )
  const findings: ReadonlyArray<Finding> = [
    ...when(publications > 0, {
      kind: "blocker",
      about: "library",
      what: `${counted(publications, "publication")} under way: the former worker would know nothing of what was sent of it`,
      remedy: "let this worker end it (stash account pause lets an account finish what it has begun), then stop it",
    }),
    ...inspected.map(({ finding }) => finding),
    {
      kind: "note",
      about: "database",
      what: "this worker's tables, columns and indexes stay: the former worker does not see them",
    },
  ]
  return { findings, accounts: inspected } satisfies Inspection
})

/** What giving the installation back to the former worker means. Changes nothing. Fails with `DatabaseError`. */
export const inspectGivingBack = Effect.fn("Adopt.inspectGivingBack")(function* (config: Config) {
  if (config.databaseUrl === undefined) return { findings: inspectSettings(config), accounts: [] } satisfies Inspection
  return yield* inspectHeld(config.tdlibDirectory).pipe(
    Effect.provide(layerInstallation(Redacted.value(config.databaseUrl))),
  )
})
