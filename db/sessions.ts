import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Connection, type ConnectionOptions, DatabaseError, makeConnection, type Sql } from "./connection.ts"
import { decodeRows } from "./decode-rows.ts"

/** So many sessions of the server nobody keeps: they are for what comes and goes, and for the web app and the bot. */
export const SPARE_SESSIONS = 10
/** A session that nobody has used for so long is closed: a resting account needs none but that of its locks. */
const IDLE_LIMIT: Duration.Input = "10 seconds"

export const FreeSessions = Schema.Struct({ free: Schema.Int })

/** How many sessions the server lets in; whoever may use the reserved ones has them besides. */
export const maxSessions = (sql: Sql) => sql`
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)`

/** How many more it lets in. Of others' sessions pg_stat_activity does not tell everybody what they are. */
export const countFreeSessions = (sql: Sql) => sql`
  select ${maxSessions(sql)} - (select coalesce(sum(numbackends), 0) from pg_stat_database)::int as "free"`

/** The server, or what it allows this role or database, has no session left: too_many_connections. Nothing was executed. */
export const isServerFull = ({ code }: DatabaseError): boolean => code === "53300"

const explained = (error: DatabaseError): DatabaseError =>
  isServerFull(error)
    ? new DatabaseError({ ...error, message: `${error.message}: raise the server's max_connections` })
    : error

/** Tries again for so long while the server has no session left: somebody's ends soon. */
const whileFull =
  (limit: Duration.Input) =>
  <A, R>(open: Effect.Effect<A, DatabaseError, R>): Effect.Effect<A, DatabaseError, R> => {
    const schedule = Schedule.spaced("200 millis").pipe(Schedule.jittered, Schedule.upTo({ duration: limit }))
    return open.pipe(Effect.retry({ while: isServerFull, schedule }), Effect.mapError(explained))
  }

/**
 * Opens a session with its first statement, and answers with both. Tries again for so long (`patience`) while the server has
 * none left.
 */
export const openSession = <A>(
  options: ConnectionOptions,
  first: (connection: Connection) => Effect.Effect<A, DatabaseError>,
  patience: Duration.Input,
): Effect.Effect<readonly [Connection, A], DatabaseError> => openOnce(options, first).pipe(whileFull(patience))

const openOnce = Effect.fnUntraced(function* <A>(
  options: ConnectionOptions,
  first: (connection: Connection) => Effect.Effect<A, DatabaseError>,
) {
  const connection = yield* makeConnection(options)
  const answer = yield* Effect.onError(first(connection), () => connection.close)
  return [connection, answer] as const
})

/** How many sessions more the server lets in beside this one. */
const freeBeside = (connection: Connection) =>
  Effect.flatMap(connection.execute("sessions", countFreeSessions), (found) =>
    decodeRows("sessions", FreeSessions, found),
  )

interface Session {
  readonly connection: Connection
  /** One of the server's last: it is given back after each use. */
  readonly isSpare: boolean
  usedAt: number
}

/** Sessions that are open, each lent to one user at a time. */
export interface Sessions {
  /** Lends a session, which is opened when none is free. */
  readonly lend: <A, E, R>(
    use: (connection: Connection) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | DatabaseError, R>
}

/**
 * Opens sessions as they are needed, and closes them with the scope, those that are not used before.
 * `idleLimit`: after which one is closed, or at most that much later; 10 seconds by default.
 */
export const makeSessions = Effect.fn("Sessions.make")(function* (
  options: ConnectionOptions,
  idleLimit: Duration.Input = IDLE_LIMIT,
): Effect.fn.Return<Sessions, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const open = new Set<Session>()
  /** The one that was used last comes last. */
  let idle: Array<Session> = []
  let isSweeping = false

  const close = (session: Session) =>
    Effect.suspend(() => {
      open.delete(session)
      return session.connection.close
    })
  yield* Effect.addFinalizer(() => Effect.forEach(open, close, { discard: true }))

  /** Closes those that nobody has used for long, and says whether others are idle. */
  const closeOld = Effect.suspend(() => {
    const before = clock.currentTimeMillisUnsafe() - Duration.toMillis(Duration.fromInputUnsafe(idleLimit))
    const old = idle.filter(({ usedAt }) => usedAt <= before)
    idle = idle.filter(({ usedAt }) => usedAt > before)
    isSweeping = idle.length > 0
    return Effect.as(Effect.forEach(old, close, { discard: true }), isSweeping)
  })
  /** Ends when none is idle: a process at rest is not woken. */
  const sweep = Effect.delay(closeOld, idleLimit).pipe(Effect.repeat({ while: (areOthersIdle) => areOthersIdle }))

  const takeIdle = (): Session | undefined => {
    for (let session = idle.pop(); session; session = idle.pop()) {
      if (!session.connection.isLost()) return session
      open.delete(session)
    }
    return undefined
  }
  const openAnother = Effect.map(openOnce(options, freeBeside), ([connection, [found]]) => {
    const session = { connection, isSpare: (found?.free ?? 0) < SPARE_SESSIONS, usedAt: 0 }
    open.add(session)
    return session
  })
  /** While the server has none left, one of ours may become free. */
  const acquire = Effect.suspend(() => {
    const session = takeIdle()
    return session === undefined ? openAnother : Effect.succeed(session)
  }).pipe(whileFull(options.statementTimeout))

  const release = (session: Session) =>
    Effect.suspend(() => {
      if (session.isSpare || session.connection.isLost()) return close(session)
      session.usedAt = clock.currentTimeMillisUnsafe()
      idle.push(session)
      if (isSweeping) return Effect.void
      isSweeping = true
      return Effect.asVoid(Effect.forkIn(sweep, scope))
    })

  return {
    lend: (use) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const session = takeIdle()
          return session === undefined ? restore(acquire) : Effect.succeed(session)
        }).pipe(Effect.flatMap((session) => Effect.ensuring(restore(use(session.connection)), release(session)))),
      ),
  }
})
