import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Database, type DatabaseError } from "./database.ts"

/** The migrations in their order. A name and its text never change once they are on a main branch; new ones go to the end. */
export const migrationNames = [
  "0001_predecessor",
  "0002_stash",
  "0003_exactly_once",
  "0004_flags",
  "0005_places",
  "0006_events",
  "0009_schedules",
  "0010_accounts",
  "0011_channels",
  "0013_app_requests",
  "0014_adopt",
  "0015_metadata",
  "0016_former_rar",
  "0017_last_restart",
  "0018_large_library",
] as const

export interface Migration {
  readonly name: string
  readonly text: string
}

/**
 * The database was migrated by another version of the code: a recorded migration has another text now, or is not in the list.
 * The operator must run the version that made it, or restore the file.
 */
export class MigrationError extends Schema.TaggedError<MigrationError>()("MigrationError", {
  migration: Schema.String,
  message: Schema.String,
}) {}

/**
 * Brings the database up to date and answers with the names of the migrations that ran now. Each runs once, in a transaction of
 * its own. Supervisors that start at the same time wait for each other on an advisory lock, held until the end of a transaction.
 */
export const migrate = (url: string): Effect.Effect<ReadonlyArray<string>, DatabaseError | MigrationError> =>
  Effect.flatMap(Effect.promise(readMigrations), runMigrations).pipe(
    // On a large library an index takes its time.
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:migrate", statementTimeout: "10 minutes" })),
  )

/** As `migrate`, no further than these migrations: for data of another time, which is loaded before the rest is done. */
export const migrateTo = (url: string, names: ReadonlyArray<string>) =>
  Effect.flatMap(Effect.promise(readMigrations), (all) =>
    runMigrations(all.filter(({ name }) => names.includes(name))),
  ).pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:migrate", statementTimeout: "10 minutes" })),
  )

/** As `migrate`, with another list, on a database that is open already. */
export const runMigrations = Effect.fn("runMigrations")(function* (migrations: ReadonlyArray<Migration>) {
  const database = yield* Database
  yield* database.transaction("prepare migrations", Effect.andThen(lockMigrations, createMigrationTable))
  const done: Array<string> = []
  for (const migration of migrations) {
    if (yield* database.transaction(migration.name, runOnce(migration))) done.push(migration.name)
  }
  const unknown = (yield* recordedMigrations).find(({ name }) => migrations.every((known) => known.name !== name))
  if (unknown !== undefined) {
    return yield* new MigrationError({
      migration: unknown.name,
      message: `The database has the migration ${unknown.name}, which this version of the worker does not know. Run a newer version.`,
    })
  }
  return done
})

/** What `migrate` would do, or stumble over, on a database; changes nothing. */
export interface MigrationState {
  readonly done: ReadonlyArray<string>
  readonly pending: ReadonlyArray<string>
  /** Done by another version of the code, which this one does not know. */
  readonly unknown: ReadonlyArray<string>
  /** Done with another text than they have now. */
  readonly changed: ReadonlyArray<string>
}

export const migrationState = Effect.fn("migrationState")(function* () {
  const migrations = yield* Effect.promise(readMigrations)
  const [table] = yield* (yield* Database).rows(
    "find stash_migrations",
    Schema.Struct({ isThere: Schema.Boolean }),
    (sql) => sql`select to_regclass('stash_migrations') is not null as "isThere"`,
  )
  const recorded = table?.isThere === true ? yield* recordedMigrations : []
  const digests = new Map(recorded.map(({ name, sha256 }) => [name, sha256]))
  const state: MigrationState = {
    done: recorded.map(({ name }) => name),
    pending: migrations.map(({ name }) => name).filter((name) => !digests.has(name)),
    unknown: recorded.map(({ name }) => name).filter((name) => migrations.every((known) => known.name !== name)),
    changed: migrations
      .filter(({ name, text }) => digests.has(name) && digests.get(name) !== digestOf(text))
      .map(({ name }) => name),
  }
  return state
})

/** The names of the migrations that have not run on this database. Changes nothing. */
export const pendingMigrations = () => Effect.map(migrationState(), ({ pending }) => pending)

/** The tables that the migrations make, whether they ran or not. */
export const ownTables = () =>
  Effect.map(Effect.promise(readMigrations), (migrations) =>
    migrations.flatMap(({ text }) =>
      [...text.matchAll(/^create table (?:if not exists )?"?(\w+)"?/gm)].flatMap(([, name]) => name ?? []),
    ),
  )

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

const readMigrations = (): Promise<ReadonlyArray<Migration>> =>
  Promise.all(
    migrationNames.map(async (name) => ({
      name,
      text: await readFile(new URL(`migrations/${name}.sql`, import.meta.url), "utf8"),
    })),
  )

const runOnce = Effect.fn("runOnce")(function* (migration: Migration) {
  const database = yield* Database
  yield* lockMigrations
  const digest = digestOf(migration.text)
  const recorded = (yield* recordedMigrations).find(({ name }) => name === migration.name)
  if (recorded !== undefined && recorded.sha256 !== digest) {
    return yield* new MigrationError({
      migration: migration.name,
      message:
        `The migration ${migration.name} has changed since it ran on this database ` +
        `(SHA-256 then ${recorded.sha256}, now ${digest}). Restore its text and put the change into a new migration.`,
    })
  }
  if (recorded !== undefined) return false
  yield* database.run(migration.name, (sql) => sql.unsafe(migration.text))
  yield* database.run(
    "record migration",
    (sql) => sql`
    insert into stash_migrations (name, sha256) values (${migration.name}, ${digest})`,
  )
  return true
})

/** Any number will do that nobody else uses; it is in the bigint space, as the hash locks are, at the cost of one hash in 2^64. */
const migrationLockKey = "7310314301573"

const lockMigrations = Effect.flatMap(Database, (database) =>
  database.run("lock migrations", (sql) => sql`select pg_advisory_xact_lock(${migrationLockKey}::bigint)`),
)

const createMigrationTable = Effect.flatMap(Database, (database) =>
  database.run(
    "create stash_migrations",
    (sql) => sql`
    create table if not exists stash_migrations (
      name text primary key,
      sha256 text not null,
      "ranAt" timestamptz not null default now()
    )`,
  ),
)

const recordedMigrations = Effect.flatMap(Database, (database) =>
  database.rows(
    "recorded migrations",
    Schema.Struct({ name: Schema.String, sha256: Schema.String }),
    (sql) => sql`select name, sha256 from stash_migrations order by name`,
  ),
)
