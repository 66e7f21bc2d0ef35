import { Clock, Effect } from "effect"
import type { DatabaseError } from "../../db/database.ts"
import { migrationState } from "../../db/migrate.ts"
import { type ServerFacts, serverFacts } from "../../db/server-facts.ts"
import { SPARE_SESSIONS } from "../../db/sessions.ts"
import { advice, type Check, check, type Finding, fault } from "./finding.ts"

const remedyOf = ({ code, reason }: DatabaseError): string => {
  if (reason === "unavailable") return "start the server, and check host and port of DATABASE_URL"
  if (code === "3D000") return "create the database (createdb), or correct the name in DATABASE_URL"
  if (code?.startsWith("28")) return "correct user and password in DATABASE_URL, or let them in (pg_hba.conf)"
  return "check DATABASE_URL, or leave it out for an embedded server"
}

/** What is said of a server that cannot be worked with. */
export const unreachable = (error: DatabaseError): Check =>
  check(
    "database",
    "it cannot be asked",
    fault(
      `the database does not answer: ${error.message}`,
      "the worker keeps everything it knows there, and does not start without",
      remedyOf(error),
    ),
  )

/** The oldest PostgreSQL that is still looked after. */
const OLDEST_VERSION = 140_000

const versionFindings = ({ version, versionText }: ServerFacts): ReadonlyArray<Finding> =>
  version >= OLDEST_VERSION
    ? []
    : [
        fault(
          `this is PostgreSQL ${versionText}`,
          "the worker is not made for it, and it gets no security fixes any more",
          "use PostgreSQL 14 or newer, or leave DATABASE_URL out for an embedded one",
        ),
      ]

const rightsFindings = ({ deniedTables, mayCreateTables, user }: ServerFacts): ReadonlyArray<Finding> => [
  ...(mayCreateTables
    ? []
    : [
        fault(
          `${user} may not create tables`,
          "migrations make the worker's own tables",
          `as the owner: grant create on schema public to ${user}`,
        ),
      ]),
  ...(deniedTables.length === 0
    ? []
    : [
        fault(
          `${user} may not read and write ${deniedTables.join(", ")}`,
          "the worker shares these tables with the web app",
          `as their owner: grant all on all tables in schema public to ${user}`,
        ),
      ]),
]

const CLOCK_TOLERANCE_SECONDS = 10

/** `between`: our clock before and after the server was asked. */
const checkClock = ({ time }: ServerFacts, between: readonly [number, number]): Check => {
  const offBy = Math.max(0, between[0] - time, time - between[1]) / 1000
  if (offBy <= CLOCK_TOLERANCE_SECONDS) return check("clock", "as the database's")
  return check(
    "clock",
    `${Math.round(offBy)} s off the database's`,
    fault(
      `this machine's clock and the database's differ by ${Math.round(offBy)} s`,
      "waits end, and leases of others are taken over, at the wrong time",
      "let both machines set their clocks (timedatectl set-ntp true)",
    ),
  )
}

const checkMigrations = Effect.fn("checkMigrations")(function* () {
  const { changed, done, pending, unknown } = yield* migrationState()
  const foreign = [...unknown, ...changed]
  if (foreign.length > 0)
    return check(
      "migrations",
      `${foreign.length} of another version`,
      fault(
        `the database was migrated by another version of the worker: ${foreign.join(", ")}`,
        "this version does not know what it finds there, and does not start",
        "run the version that made it, or a newer one",
      ),
    )
  if (pending.length === 0) return check("migrations", `all ${done.length} are done`)
  return check(
    "migrations",
    `${pending.length} are pending`,
    advice(
      `${pending.length} migrations are pending: ${pending.join(", ")}`,
      "the worker does them when it starts; on a large library that takes its time",
      "stash backup FILE, then stash migrate",
    ),
  )
})

/** Of the supervisor up to six, with the one that hears calls, and of an operator's command. */
const OWN_SESSIONS = 8
/** Of an account at work: the one of its locks, and one for its statements, or up to three. */
const ACCOUNT_SESSIONS = { least: 2, most: 4 }

/** Whether the server lets in what so many accounts need while all are at work. */
export const checkSessions = (maxSessions: number, accounts: number): Check => {
  const needed = (each: number) => SPARE_SESSIONS + OWN_SESSIONS + accounts * each
  const seen = `the server lets ${maxSessions} in`
  if (maxSessions >= needed(ACCOUNT_SESSIONS.least)) return check("sessions", seen)
  return check(
    "sessions",
    seen,
    advice(
      `the database lets ${maxSessions} sessions in, and ${accounts} accounts at work need ${needed(ACCOUNT_SESSIONS.least)}`,
      "some accounts wait until others rest",
      `alter system set max_connections = ${needed(ACCOUNT_SESSIONS.most)}, then restart the server`,
    ),
  )
}

/**
 * Server, rights, clock and migrations of a database that answers. `isReady`: the library's tables are as this version
 * expects them, so that it can be asked for more.
 */
export const checkDatabase = Effect.fn("checkDatabase")(function* () {
  const before = yield* Clock.currentTimeMillis
  const facts = yield* serverFacts()
  const after = yield* Clock.currentTimeMillis
  const migrations = yield* checkMigrations()
  const findings = [...versionFindings(facts), ...rightsFindings(facts)]
  return {
    checks: [
      check("database", `PostgreSQL ${facts.versionText}`, ...findings),
      checkClock(facts, [before, after]),
      migrations,
    ],
    maxSessions: facts.maxSessions,
    isReady: migrations.findings.length === 0 && facts.deniedTables.length === 0,
  }
})
