import { Effect, Option } from "effect"
import { destination } from "../../db/channels.ts"
import {
  appMigrations,
  deafSources,
  formerWorkerSessions,
  knownTables,
  shelf,
  tablesOfOthers,
  unfinished,
} from "../../db/installation.ts"
import { pendingMigrations } from "../../db/migrate.ts"
import { counted, type Finding, when } from "./finding.ts"

/** The newest of the app's migrations that makes something this worker uses. */
const NEWEST_NEEDED = "20260502000000_add_is_premium_to_telegram_account"

const UPDATE_APP = "start the present version of the web app once, which brings its database up to date, then try again"

const inspectAppMigrations = Effect.fn("inspectAppMigrations")(function* (areNoted: boolean) {
  if (!areNoted)
    return [
      {
        kind: "note",
        about: "database",
        what: "its tables were not made by the web app's migrations: an app that is started on it later refuses to migrate it",
      },
    ] satisfies ReadonlyArray<Finding>
  const migrations = yield* appMigrations()
  const applied = new Set(migrations.flatMap(({ isApplied, name }) => (isApplied ? [name] : [])))
  return [
    ...migrations.flatMap(({ isApplied, name }) =>
      when(!isApplied, {
        kind: "blocker",
        about: "database",
        what: `the web app's migration ${name} did not come to its end`,
        remedy: "see the web app's log, and start it again",
      }),
    ),
    ...when(!applied.has(NEWEST_NEEDED), {
      kind: "blocker",
      about: "database",
      what: `the web app's migration ${NEWEST_NEEDED} has not run: this worker would make what later comes with it`,
      remedy: UPDATE_APP,
    }),
  ]
})

const inspectRole = Effect.map(tablesOfOthers(), (tables) =>
  tables.map(
    ({ name, owner }): Finding => ({
      kind: "blocker",
      about: "database",
      what: `the role of DATABASE_URL may not change ${name}, which belongs to ${owner}`,
      remedy: "set DATABASE_URL as the web app has it",
    }),
  ),
)

const inspectSessions = Effect.map(formerWorkerSessions(), (sessions) =>
  when(sessions > 0, {
    kind: "blocker",
    about: "database",
    what: `the former worker is running: it has ${counted(sessions, "session")} on this database`,
    remedy: "stop it (docker compose stop worker), and see that nothing starts it again",
  }),
)

const inspectMigrations = Effect.map(pendingMigrations(), (pending) =>
  when(pending.length > 0, {
    kind: "step",
    about: "database",
    what: `tables, columns and indexes of this worker's own are added (${pending.join(", ")}); nothing of the app's is changed`,
  }),
)

const inspectLeftovers = Effect.gen(function* () {
  const { requests, runs, skipped, topics } = yield* unfinished()
  return [
    ...when(runs > 0, {
      kind: "step",
      about: "database",
      what: `${counted(runs, "run")} that the former worker left running: ended as failed`,
    }),
    ...when(requests > 0, {
      kind: "note",
      about: "database",
      what: `${counted(requests, "request")} of the web app without an answer: answered, or failed with the reason, once the worker runs`,
    }),
    ...when(skipped > 0, {
      kind: "note",
      about: "library",
      what: `${counted(skipped, "archive")} on the list of skipped ones: left there`,
      remedy: "stash skipped retry --all tries them again",
    }),
    ...when(topics > 0, {
      kind: "note",
      about: "sources",
      what: `${counted(topics, "topic")} of forums with a mark of the former worker: what lies before it counts as seen`,
    }),
  ] satisfies ReadonlyArray<Finding>
})

const inspectShelf = Effect.gen(function* () {
  const { elsewhere, packages, rebuilt, short, stubs, unpublished } = yield* shelf()
  return [
    {
      kind: "note",
      about: "library",
      what: `${counted(packages, "package")}: kept as they are, and recognised by content; packages that were cut into x.concat.001 too`,
    },
    ...when(unpublished > 0, {
      kind: "note",
      about: "library",
      what: `${counted(unpublished, "package")} without messages in a destination: published again when a scan comes to them`,
      remedy: "stash package republish NAME",
    }),
    ...when(stubs > 0, {
      kind: "note",
      about: "library",
      what: `${counted(stubs, "package")} without a list of files`,
    }),
    ...when(rebuilt > 0, {
      kind: "warning",
      about: "library",
      what: `${counted(rebuilt, "package")} that the former worker rebuilt with invented content hashes: by those nothing is recognised, until each was downloaded for its real one`,
      remedy:
        "nothing for small ones, that happens while accounts rest; for those of 32 MiB or more: stash package relist NAME",
    }),
    ...when(short > 0, {
      kind: "warning",
      about: "library",
      what: `${counted(short, "package")} of several parts, of which only the first message is known: the bot sends that alone`,
      remedy: "stash package republish NAME",
    }),
    ...when(elsewhere > 0, {
      kind: "note",
      about: "library",
      what: `${counted(elsewhere, "package")} in another destination than the present one`,
    }),
  ] satisfies ReadonlyArray<Finding>
})

const inspectSources = Effect.gen(function* () {
  const deaf = yield* deafSources()
  const target = yield* destination()
  return [
    ...when(Option.isNone(target), {
      kind: "warning",
      about: "sources",
      what: "no destination is set, or it is switched off: the accounts will be parked",
      remedy: "stash channel destination, or choose one in the web app",
    }),
    ...deaf.map(
      ({ chatId, title, why }): Finding =>
        why === "no_channel"
          ? {
              kind: "warning",
              about: "sources",
              what: `"${title}" (${chatId}) is no channel: private chats and small groups are not read`,
              remedy: `stash channel disable ${chatId}`,
            }
          : {
              kind: "warning",
              about: "sources",
              what: `"${title}" (${chatId}) is enabled, and no active account reads it`,
              remedy: `stash channel link ${chatId} --account NAME`,
            },
    ),
    {
      kind: "note",
      about: "sources",
      what: "the marks of the former worker are taken as they are; it moved them past archives that had failed",
      remedy: "stash channel rescan CHAT looks through a source anew; what the library has is not downloaded again",
    },
  ] satisfies ReadonlyArray<Finding>
})

const NO_INSTALLATION: Finding = {
  kind: "blocker",
  about: "database",
  what: "this database holds no installation",
  remedy: "see DATABASE_URL; where there was no worker before, nothing has to be adopted: stash run",
}

const inspectInstallation = (hasAppMigrations: boolean) =>
  Effect.all([
    inspectAppMigrations(hasAppMigrations),
    inspectRole,
    inspectSessions,
    inspectMigrations,
    inspectLeftovers,
    inspectSources,
    inspectShelf,
  ]).pipe(Effect.map((findings): ReadonlyArray<Finding> => findings.flat()))

/**
 * What is to be said of an installation's database. Changes nothing, and needs none of this worker's tables. `isThere`: false
 * when it holds none.
 * Fails with `DatabaseError`.
 */
export const inspectDatabase = Effect.gen(function* () {
  const tables = yield* knownTables()
  const findings = tables.app ? yield* inspectInstallation(tables.appMigrations) : [NO_INSTALLATION]
  return { isThere: tables.app, findings }
})
