import { Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter, HttpServer } from "effect/http"
import type { Config } from "../config.ts"
import { logEvent } from "../log-line.ts"
import type { CredentialsMissing } from "../telegram-credentials.ts"
import type { Access } from "./access.ts"
import { layerApi } from "./answer-api.ts"
import { guarded } from "./guard.ts"
import { layerHealth, layerWaitingHealth } from "./health.ts"
import { layerMetrics } from "./metrics.ts"
import { layerPage } from "./page.ts"
import { layerServer } from "./server.ts"
import { layerSetupApi } from "./setup-api.ts"

const layerRoutes = (config: Config, access: Access) =>
  Layer.mergeAll(layerHealth(access), layerMetrics(config), layerApi(config), layerPage())

const noteAddress = Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
  logEvent.info("console.listening", `The console is served at ${HttpServer.formatAddress(address)}`, {
    url: HttpServer.formatAddress(address),
  }),
)

/** Requests are no work of the worker's: whoever sends one cannot have it traced. */
const layerUntraced = Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)

/** Serves these routes until the scope ends. Fails with `ConsoleError` when the port cannot be had. */
const served = <E, R>(config: Config, access: Access, routes: Layer.Layer<never, E, R>) =>
  Layer.unwrap(
    Effect.map(HttpRouter.toHttpEffect(routes), (app) =>
      Layer.merge(HttpServer.serve(guarded(access, app)), Layer.effectDiscard(noteAddress)),
    ),
  ).pipe(Layer.provide(layerServer(config.console)), Layer.provide(layerUntraced))

/**
 * Serves the console until the scope ends, or does nothing where it is switched off.
 * Fails with `ConsoleError` when its port cannot be had.
 */
export const layerConsole = (config: Config, access: Access) =>
  config.console.port === undefined ? Layer.empty : served(config, access, layerRoutes(config, access))

/** The console of a worker that cannot begin without its credentials: its page says how to get them. */
export const layerWaitingConsole = (config: Config, access: Access, { message, missing }: CredentialsMissing) =>
  served(config, access, Layer.mergeAll(layerWaitingHealth(access, message), layerSetupApi(missing), layerPage()))
