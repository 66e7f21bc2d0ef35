import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import { type Connection, type ConnectionOptions, DatabaseError, type Query, type Sql } from "./connection.ts"
import { decodeRows } from "./decode-rows.ts"
import { type ListenEvent, listenOn } from "./listen.ts"
import { makeSessions } from "./sessions.ts"

export { DatabaseError, type Query, type Sql } from "./connection.ts"
export type { ListenEvent } from "./listen.ts"

export interface DatabaseOptions {
  readonly url: string
  /** Sessions open at most at the same time; each is used by one statement or one transaction at a time. */
  readonly max: number
  /** What the server's activity view shows. */
  readonly applicationName: string
  /** Default 30 seconds. Waiting for a free session is limited to the same time. */
  readonly statementTimeout?: Duration.Input
  /** Default 10 seconds. A session that is not used for so long is closed. */
  readonly idleLimit?: Duration.Input | undefined
}

/**
 * The database. `statement` is a name for logs and errors. Inside `transaction` the work sees a Database that is bound to the
 * transaction's session, so the same functions can be used in and out of one; a transaction within a transaction is a savepoint.
 */
export class Database extends Context.Service<
  Database,
  {
    /** All rows, each decoded. */
    readonly rows: <A>(
      statement: string,
      row: Schema.ConstraintDecoder<A>,
      query: (sql: Sql) => Query,
    ) => Effect.Effect<ReadonlyArray<A>, DatabaseError>
    /** The first row, if there is one. */
    readonly first: <A>(
      statement: string,
      row: Schema.ConstraintDecoder<A>,
      query: (sql: Sql) => Query,
    ) => Effect.Effect<Option.Option<A>, DatabaseError>
    /** The number of rows that were written. */
    readonly run: (statement: string, query: (sql: Sql) => Query) => Effect.Effect<number, DatabaseError>
    /** Commits when the work succeeds, rolls back when it fails, dies or is interrupted. */
    readonly transaction: <A, E, R>(
      name: string,
      work: Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | DatabaseError, Exclude<R, Database>>
    /** Notifications on a session of its own, for ever; see ListenEvent. */
    readonly listen: (channels: ReadonlyArray<string>) => Stream.Stream<ListenEvent>
  }
>()("db/Database") {
  /** Fails with "unavailable" or "refused" when the server cannot be reached or refuses the login. */
  static readonly layer = (options: DatabaseOptions): Layer.Layer<Database, DatabaseError> =>
    Layer.effect(Database, makeDatabase(options))
}

/** Retries what failed because the database was away, and nothing else. */
export const retryUnavailable =
  (schedule: Schedule.Schedule<unknown> = patientSchedule) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.retry(effect, {
      schedule,
      while: (error) => error instanceof DatabaseError && error.reason === "unavailable",
    })

/** Six tries more, over about twelve seconds: a restart of the server passes unnoticed. */
const patientSchedule = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 6 }),
)

const makeDatabase = (
  options: DatabaseOptions,
): Effect.Effect<(typeof Database)["Service"], DatabaseError, Scope.Scope> =>
  Effect.gen(function* () {
    const statementTimeout = Duration.fromInputUnsafe(options.statementTimeout ?? "30 seconds")
    const connectionOptions: ConnectionOptions = {
      url: options.url,
      applicationName: options.applicationName,
      statementTimeout,
      settings: { idle_in_transaction_session_timeout: Duration.toMillis(statementTimeout) * 2 },
    }
    const places = yield* Semaphore.make(options.max)
    const sessions = yield* makeSessions(connectionOptions, options.idleLimit)

    /** Lends a session to one statement or one transaction. */
    const withConnection = <A, E, R>(statement: string, use: (connection: Connection) => Effect.Effect<A, E, R>) => {
      const lend = sessions.lend(use)
      return Effect.flatMap(
        places.withPermitsIfAvailable(1)(lend),
        Option.match({
          onSome: Effect.succeed,
          onNone: () => waitForPlace(statement, statementTimeout, places, lend),
        }),
      )
    }

    const listen = (channels: ReadonlyArray<string>) => listenOn(connectionOptions, channels)
    const pooled = (statement: string, query: (sql: Sql) => Query) =>
      withConnection(statement, (connection) => connection.execute(statement, query))
    const database = Database.of({
      ...statements(pooled),
      transaction: (name, work) => withConnection(name, (connection) => inTransaction(connection, name, work, listen)),
      listen,
    })
    yield* sessions.lend(() => Effect.void)
    return database
  })

type Execute = Connection["execute"]

const statements = (execute: Execute) => ({
  rows: <A>(statement: string, row: Schema.ConstraintDecoder<A>, query: (sql: Sql) => Query) =>
    Effect.flatMap(execute(statement, query), (rows) => decodeRows(statement, row, rows)),
  first: <A>(statement: string, row: Schema.ConstraintDecoder<A>, query: (sql: Sql) => Query) =>
    Effect.flatMap(execute(statement, query), (rows) =>
      Effect.map(decodeRows(statement, row, rows.slice(0, 1)), (decoded) => Option.fromUndefinedOr(decoded[0])),
    ),
  run: (statement: string, query: (sql: Sql) => Query) => Effect.map(execute(statement, query), (rows) => rows.count),
})

/** Waiting in line is limited, being served is not: the statement has its own deadline. */
const waitForPlace = <A, E, R>(
  statement: string,
  limit: Duration.Duration,
  places: Semaphore.Semaphore,
  work: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | DatabaseError, R> =>
  Effect.suspend(() => {
    let served = false
    const inLine = places.withPermits(1)(
      Effect.suspend(() => {
        served = true
        return work
      }),
    )
    const givingUp = Effect.andThen(
      Effect.sleep(limit),
      Effect.suspend(() =>
        served
          ? Effect.never
          : Effect.fail(
              new DatabaseError({
                statement,
                reason: "unavailable",
                message: `every database session was in use for ${Duration.format(limit)}`,
              }),
            ),
      ),
    )
    return Effect.raceFirst(inLine, givingUp)
  })

const inTransaction = <A, E, R>(
  connection: Connection,
  name: string,
  work: Effect.Effect<A, E, R>,
  listen: (typeof Database)["Service"]["listen"],
): Effect.Effect<A, E | DatabaseError, Exclude<R, Database>> => {
  let savepoints = 0
  const bound: (typeof Database)["Service"] = Database.of({
    ...statements(connection.execute),
    transaction: (inner, innerWork) => {
      savepoints += 1
      const savepoint = `s${savepoints}`
      return bracket(connection, inner, Effect.provideService(innerWork, Database, bound), {
        begin: `savepoint ${savepoint}`,
        commit: `release savepoint ${savepoint}`,
        rollback: `rollback to savepoint ${savepoint}`,
      })
    },
    listen,
  })
  return bracket(connection, name, Effect.provideService(work, Database, bound), {
    begin: "begin",
    commit: "commit",
    rollback: "rollback",
  })
}

const bracket = <A, E, R>(
  connection: Connection,
  name: string,
  work: Effect.Effect<A, E, R>,
  words: { readonly begin: string; readonly commit: string; readonly rollback: string },
): Effect.Effect<A, E | DatabaseError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* connection.execute(`${name}: begin`, (sql) => sql.unsafe(words.begin))
      const exit = yield* Effect.exit(restore(work))
      if (Exit.isFailure(exit)) {
        // A lost session has been rolled back by the server.
        yield* Effect.ignore(connection.execute(`${name}: rollback`, (sql) => sql.unsafe(words.rollback)))
        return yield* exit
      }
      const committed = yield* connection.execute(`${name}: commit`, (sql) => sql.unsafe(words.commit))
      // The server answers "commit" of a failed transaction with a rollback, and without an error.
      if (committed.command === "ROLLBACK") {
        return yield* new DatabaseError({
          statement: `${name}: commit`,
          reason: "refused",
          message: "a statement of the transaction had failed, so the server rolled it back",
        })
      }
      return exit.value
    }),
  )
