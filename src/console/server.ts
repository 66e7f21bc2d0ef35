import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import type { ConsoleConfig } from "../config.ts"
import { ConsoleError } from "./access.ts"

/** What whoever connects may take of the worker: milliseconds, bytes and connections. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8 * 1024,
}
const MAX_CONNECTIONS = 64
/** A connection on which nothing moves is closed. */
const IDLE_MILLIS = 60_000
/** When the worker ends, answers under way may be given for so long. */
const CLOSING = "1 second"

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return "another program has this port: set another one, 0 for any free one, or off"
  if (code === "EACCES") return "this user may not have this port: set one above 1023, 0 for any free one, or off"
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return "this machine has no such address: set STASH_CONSOLE_HOST"
  return cause instanceof Error ? cause.message : String(cause)
}

/** The bounded HTTP server of the console. Fails with {@link ConsoleError} when it cannot listen. */
export const layerServer = ({ host, port }: ConsoleConfig) =>
  Layer.effect(
    HttpServer.HttpServer,
    Effect.gen(function* () {
      const server = createServer(LIMITS)
      server.maxConnections = MAX_CONNECTIONS
      server.setTimeout(IDLE_MILLIS)
      const http = yield* NodeHttpServer.make(() => server, { host, port, gracefulShutdownTimeout: CLOSING })
      yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
      return http
    }).pipe(
      Effect.mapError(
        ({ cause }) =>
          new ConsoleError({
            message: `the console cannot be served (STASH_CONSOLE_PORT=${port}, STASH_CONSOLE_HOST=${host}): ${reasonOf(cause)}`,
          }),
      ),
    ),
  ).pipe(Layer.provideMerge(NodeHttpServer.layerHttpServices))
