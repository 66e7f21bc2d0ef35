import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Connection, type ConnectionOptions, makeConnection } from "./connection.ts"

/**
 * What a listener sees. `Listening` comes after every (re)connect: notifications of the time before it are lost, so this is the
 * moment to look at the tables for what was missed.
 */
export type ListenEvent =
  | { readonly _tag: "Listening" }
  | { readonly _tag: "Notification"; readonly channel: string; readonly payload: string }

/** Listens for ever, on a session of its own; reconnects about once a second while the server is away. */
export const listenOn = (options: ConnectionOptions, channels: ReadonlyArray<string>): Stream.Stream<ListenEvent> =>
  Stream.callback<ListenEvent>((queue) =>
    Effect.repeat(Effect.ignore(listenOnce(options, channels, queue)), reconnecting),
  )

const reconnecting = Schedule.jittered(Schedule.spaced("1 second"))

/** Runs until the session is lost. */
const listenOnce = (options: ConnectionOptions, channels: ReadonlyArray<string>, queue: Queue.Enqueue<ListenEvent>) =>
  Effect.acquireUseRelease(
    makeConnection({
      ...options,
      applicationName: `${options.applicationName} listen`,
      statementTimeout: "5 seconds",
      onNotification: (channel, payload) => Queue.offerUnsafe(queue, { _tag: "Notification", channel, payload }),
    }),
    (connection) =>
      Effect.gen(function* () {
        for (const channel of channels) {
          yield* connection.execute("listen", (sql) => sql`listen ${sql(channel)}`)
        }
        yield* Queue.offer(queue, { _tag: "Listening" })
        return yield* Effect.raceFirst(Effect.flatMap(connection.lost, Effect.fail), heartbeat(connection))
      }),
    (connection) => connection.close,
  )

/** A peer that vanished without a word is noticed by asking. */
const heartbeat = (connection: Connection) =>
  Effect.forever(
    Effect.andThen(
      Effect.sleep("15 seconds"),
      connection.execute("listen heartbeat", (sql) => sql`select 1`),
    ),
  )
