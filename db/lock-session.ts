import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Connection, DatabaseError, type Query, type Sql } from "./connection.ts"
import { accountLockKey, hashLockKey } from "./lock-keys.ts"
import { openSession } from "./sessions.ts"

export { accountLockKey, hashLockKey } from "./lock-keys.ts"

/** The session that held the locks is gone, and every lock with it. The work must stop; a new session starts without any lock. */
export class LockLost extends Schema.TaggedError<LockLost>()("LockLost", {
  /** How the loss was noticed. */
  message: Schema.String,
}) {}

export interface LockSessionOptions {
  readonly url: string
  /** What the server's activity view shows, say "lock:<account id>". */
  readonly applicationName: string
  /** Default 10 seconds. */
  readonly heartbeat?: Duration.Input
  /** Default 3 seconds; no answer in this time is a loss. */
  readonly answerWithin?: Duration.Input
}

/**
 * An account's one session for advisory locks, apart from all other statements. It lives once: after a loss it stays lost, and a new
 * layer has to be built. The server frees the locks of a session it has not heard from for 15 seconds (idle_session_timeout), so
 * that a machine that vanished or a frozen process holds nothing; on this side a heartbeat notices a loss before that (10 + 3 < 15).
 */
export class LockSession extends Context.Service<
  LockSession,
  {
    /** False: another session works for this account. Held until the session ends. */
    readonly tryAccountLock: (accountId: string) => Effect.Effect<boolean, LockLost | DatabaseError>
    /**
     * Runs the work while this session holds the lock on the content, and unlocks on any exit. None: somebody else holds it, perhaps
     * in this process. The work is interrupted with LockLost when the session dies. `contentHash`: SHA-256, 64 hexadecimal digits.
     */
    readonly withHashLock: <A, E, R>(
      contentHash: string,
      work: Effect.Effect<A, E, R>,
    ) => Effect.Effect<Option.Option<A>, E | LockLost | DatabaseError, R>
    /** Completes once the session is lost. */
    readonly lost: Effect.Effect<LockLost>
  }
>()("db/LockSession") {
  static readonly layer = (options: LockSessionOptions): Layer.Layer<LockSession, DatabaseError> =>
    Layer.effect(LockSession, makeLockSession(options))
}

/** So long a server that has no session left is asked again. */
const FULL_PATIENCE = "30 seconds"

const makeLockSession = Effect.fn("LockSession.make")(function* (options: LockSessionOptions) {
  const answerWithin = options.answerWithin ?? "3 seconds"
  const sessionOptions = {
    url: options.url,
    applicationName: options.applicationName,
    statementTimeout: answerWithin,
    settings: {
      idle_session_timeout: 15_000,
      tcp_keepalives_idle: 5,
      tcp_keepalives_interval: 3,
      tcp_keepalives_count: 3,
    },
  }
  const askPid = (session: Connection) =>
    askWithin(session, answerWithin)("lock session", (sql) => sql`select pg_backend_pid() as value`)
  const [connection, pid] = yield* Effect.acquireRelease(
    openSession(sessionOptions, askPid, FULL_PATIENCE),
    ([open]) => open.close,
    { interruptible: true },
  )
  const lost = yield* Deferred.make<LockLost>()
  const lose = (message: string) => Effect.andThen(connection.close, Deferred.succeed(lost, new LockLost({ message })))
  const ask = askWithin(connection, answerWithin)

  yield* connection.lost.pipe(Effect.flatMap(lose), Effect.forkScoped)
  yield* ask("lock heartbeat", (sql) => sql`select pg_backend_pid() as value`).pipe(
    Effect.matchEffect({
      onFailure: (error) => lose(`heartbeat: ${error.message}`),
      onSuccess: (now) => (now === pid ? Effect.void : lose("the server answered from another backend")),
    }),
    Effect.delay(options.heartbeat ?? "10 seconds"),
    Effect.forever,
    Effect.forkScoped,
  )

  /** A statement that fails because of the session is a loss; one that the server refuses is an error. */
  const onSession = (statement: string, query: (sql: Sql) => Query) =>
    Effect.catchIf(
      ask(statement, query),
      (error) => connection.isLost() || error.reason === "unavailable" || error.reason === "timeout",
      (error): Effect.Effect<never, LockLost> =>
        Effect.andThen(lose(`${error.statement}: ${error.message}`), Effect.flatMap(Deferred.await(lost), Effect.fail)),
    )

  // A session may take the same advisory lock any number of times, so it does not keep two sets of one account apart.
  const heldHere = new Set<bigint>()

  const unlock = (key: bigint) =>
    Effect.suspend(() => {
      heldHere.delete(key)
      return connection.isLost()
        ? Effect.void
        : onSession("unlock content", (sql) => sql`select pg_advisory_unlock(${key.toString()}::bigint) as value`).pipe(
            Effect.flatMap((wasHeld) => (wasHeld === true ? Effect.void : lose("the lock was no longer held"))),
            // Whatever went wrong: without the session there is no lock either.
            Effect.catch((error) => lose(`unlock content: ${error.message}`)),
          )
    })

  return LockSession.of({
    tryAccountLock: Effect.fn("LockSession.tryAccountLock")(function* (accountId) {
      const [namespace, key] = accountLockKey(accountId)
      const granted = yield* onSession(
        "lock account",
        (sql) => sql`select pg_try_advisory_lock(${namespace}::int, ${key}::int) as value`,
      )
      return granted === true
    }),
    withHashLock: (contentHash, work) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const key = hashLockKey(contentHash)
          if (heldHere.has(key)) return Option.none()
          heldHere.add(key)
          const granted = yield* onSession(
            "lock content",
            (sql) => sql`select pg_try_advisory_lock(${key.toString()}::bigint) as value`,
          ).pipe(Effect.onError(() => Effect.sync(() => heldHere.delete(key))))
          if (granted !== true) {
            heldHere.delete(key)
            return Option.none()
          }
          const dying = Effect.flatMap(Deferred.await(lost), Effect.fail)
          return yield* restore(Effect.raceFirst(Effect.asSome(work), dying)).pipe(Effect.ensuring(unlock(key)))
        }),
      ),
    lost: Deferred.await(lost),
  })
})

const Answer = Schema.Union([Schema.Boolean, Schema.Number])

/** One statement, one row, one value called "value"; the deadline is on this side, as a dead server answers nothing. */
const askWithin =
  (connection: Connection, limit: Duration.Input) =>
  (statement: string, query: (sql: Sql) => Query): Effect.Effect<boolean | number, DatabaseError> =>
    connection.execute(statement, query).pipe(
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () =>
          Effect.fail(
            new DatabaseError({
              statement,
              reason: "timeout",
              message: `no answer within ${Duration.format(Duration.fromInputUnsafe(limit))}`,
            }),
          ),
      }),
      Effect.flatMap((rows) => {
        const answer: unknown = rows[0]?.["value"]
        return Schema.is(Answer)(answer)
          ? Effect.succeed(answer)
          : Effect.fail(new DatabaseError({ statement, reason: "invalid_row", message: "the answer holds no value" }))
      }),
    )
