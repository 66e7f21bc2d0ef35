import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import postgres from "postgres"

/**
 * A statement that did not do its work. `statement` is our name for it, never its text or its parameters.
 *
 * - `unavailable`: no connection, or it broke; whether the statement took effect is unknown. Retrying helps.
 * - `timeout`: the statement took longer than it may. The server has been told to stop it.
 * - `conflict`: a unique key, a deadlock or a serialization failure. The caller knows what that means.
 * - `invalid_row`: the database holds something that the code does not expect. A bug, or a changed schema.
 * - `refused`: the server rejected the statement or the login. The operator or a programmer must act.
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  statement: Schema.String,
  reason: Schema.Literals(["unavailable", "timeout", "conflict", "invalid_row", "refused"]),
  message: Schema.String,
  /** SQLSTATE, or the network error's code. */
  code: Schema.optionalKey(Schema.String),
}) {}

export type Sql = postgres.Sql
export type Query = postgres.PendingQuery<postgres.Row[]>
export type Rows = postgres.RowList<postgres.Row[]>

/**
 * One session with the server, and never another: postgres.js would quietly reconnect, with a new backend that holds none of the
 * old one's locks and is in none of its transactions, or leave a statement unanswered for ever. Here the first sign of a broken
 * connection (closed, fatal error, statement past its deadline, statement abandoned) ends it: statements in flight fail with
 * "unavailable", later ones are refused, and whoever needs a session opens a new one.
 */
export interface Connection {
  /** Runs one statement; statements of one connection run one after another. */
  readonly execute: (statement: string, query: (sql: Sql) => Query) => Effect.Effect<Rows, DatabaseError>
  readonly isLost: () => boolean
  /** Completes with the cause once the connection is lost or closed. */
  readonly lost: Effect.Effect<string>
  readonly close: Effect.Effect<void>
}

export interface ConnectionOptions {
  readonly url: string
  readonly applicationName: string
  /** The server ends a statement after this time; this side gives up two seconds later, connecting included. */
  readonly statementTimeout: Duration.Input
  /** Settings of the session, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly onNotification?: (channel: string, payload: string) => void
}

/** Opens nothing yet: the first statement does. Fails with "refused" when the URL is not one. */
export const makeConnection = (options: ConnectionOptions): Effect.Effect<Connection, DatabaseError> =>
  Effect.gen(function* () {
    const statementTimeout = Duration.fromInputUnsafe(options.statementTimeout)
    const deadline = Duration.sum(statementTimeout, Duration.seconds(2))
    const inFlight = new Set<(cause: string) => void>()
    const lost = yield* Deferred.make<string>()
    const oneAtATime = yield* Semaphore.make(1)
    let lossCause: string | undefined

    const lose = (cause: string) => {
      if (lossCause !== undefined) return
      lossCause = cause
      for (const fail of inFlight) fail(cause)
      Deferred.doneUnsafe(lost, Effect.succeed(cause))
      sql.end({ timeout: 0 }).catch(() => undefined)
    }

    const sql = yield* Effect.try({
      try: () =>
        postgres(withoutForeignParameters(options.url), {
          max: 1,
          prepare: true,
          fetch_types: false,
          idle_timeout: 0,
          max_lifetime: null,
          connect_timeout: Math.min(10, Math.max(1, Math.ceil(Duration.toSeconds(statementTimeout)))),
          keep_alive: 5,
          types: { utcTimestamp },
          onnotice: () => undefined,
          onclose: () => lose("the connection was closed"),
          connection: {
            application_name: options.applicationName,
            TimeZone: "UTC",
            statement_timeout: Math.ceil(Duration.toMillis(statementTimeout)),
            // A server whose client has gone stops working for it, and lets go of its row locks.
            client_connection_check_interval: 1000,
            ...options.settings,
          },
          ...(options.onNotification ? { onnotify: options.onNotification } : {}),
        }),
      catch: () =>
        new DatabaseError({
          statement: "connect",
          reason: "refused",
          message: "DATABASE_URL is not a URL like postgresql://user:password@host:5432/database",
        }),
    })

    const run = (statement: string, query: (sql: Sql) => Query) =>
      Effect.callback<Rows, DatabaseError>((resume) => {
        if (lossCause !== undefined) {
          resume(Effect.fail(unavailable(statement, lossCause)))
          return
        }
        const failLost = (cause: string) => resume(Effect.fail(unavailable(statement, cause)))
        inFlight.add(failLost)
        query(sql as unknown as Sql).then(
          (rows) => {
            inFlight.delete(failLost)
            resume(Effect.succeed(rows))
          },
          (error: unknown) => {
            inFlight.delete(failLost)
            const failure = describeFailure(statement, error)
            resume(Effect.fail(failure))
            if (failure.reason === "unavailable") lose(failure.message)
          },
        )
        return Effect.sync(() => {
          inFlight.delete(failLost)
          lose(`"${statement}" was abandoned before its answer came`)
        })
      })

    return {
      execute: (statement, query) =>
        oneAtATime.withPermits(1)(
          run(statement, query).pipe(
            Effect.timeoutOrElse({
              duration: deadline,
              orElse: () =>
                Effect.fail(
                  new DatabaseError({
                    statement,
                    reason: "timeout",
                    message: `no answer within ${Duration.format(deadline)}`,
                  }),
                ),
            }),
          ),
        ),
      isLost: () => lossCause !== undefined,
      lost: Deferred.await(lost),
      close: Effect.sync(() => lose("the connection was closed by this side")),
    } satisfies Connection
  })

/** The predecessor keeps its times as "timestamp" in UTC; the driver alone would read them in the machine's time zone. */
const utcTimestamp = {
  to: 1114,
  from: [1114],
  serialize: (value: Date) => value.toISOString(),
  parse: (text: string) => new Date(`${text.replace(" ", "T")}Z`),
}

/** Prisma puts parameters of its own into DATABASE_URL; sent to the server as settings they would make it refuse the session. */
export const withoutForeignParameters = (text: string): string => {
  const [base, query] = text.split("?", 2)
  if (base === undefined || !/^postgres(ql)?:\/\//.test(base)) throw new Error("not a postgres URL")
  const parameters = new URLSearchParams(query)
  const schema = parameters.get("schema")
  if (schema !== null && schema !== "public") parameters.set("search_path", schema)
  for (const name of ["schema", "connection_limit", "pool_timeout", "pgbouncer", "socket_timeout", "sslaccept"]) {
    parameters.delete(name)
  }
  const rest = parameters.toString()
  return rest === "" ? base : `${base}?${rest}`
}

const unavailable = (statement: string, message: string) =>
  new DatabaseError({ statement, reason: "unavailable", message })

export const describeFailure = (statement: string, error: unknown): DatabaseError => {
  const { code, message, severity } = error as { code?: unknown; message?: unknown; severity?: unknown }
  const text = typeof message === "string" ? message : String(error)
  if (typeof code !== "string") return new DatabaseError({ statement, reason: "refused", message: text })
  const reason = reasonOf(code, severity === "FATAL" || severity === "PANIC")
  return new DatabaseError({ statement, reason, message: text, code })
}

/** SQLSTATE classes: https://www.postgresql.org/docs/18/errcodes-appendix.html. Names like ECONNRESET are the network's. */
const reasonOf = (code: string, fatal: boolean): DatabaseError["reason"] => {
  // 28: the login was refused; 3D: no such database; 42: not permitted or no such setting. Trying again does not help.
  if (fatal) return /^(28|3D|42|22)/.test(code) ? "refused" : "unavailable"
  if (/^(CONNECT|E[A-Z])/.test(code)) return "unavailable"
  if (/^(08|53|57P|58)/.test(code)) return "unavailable"
  if (code === "57014") return "timeout"
  if (/^(23505|40001|40P01|55P03)$/.test(code)) return "conflict"
  return "refused"
}
