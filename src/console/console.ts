import { Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter, HttpServer } from "effect/http"
import type { Config } from "../config.ts"
import { logEvent } from "../log-line.ts"
import type { Access } from "./access.ts"
import { layerApi } from "./answer-api.ts"
import { guarded } from "./guard.ts"
import { layerHealth } from "./health.ts"
import { layerMetrics } from "./metrics.ts"
import { layerPage } from "./page.ts"
import { layerServer } from "./server.ts"

const layerRoutes = (config: Config, access: Access) =>
  Layer.mergeAll(layerHealth(access), layerMetrics(config), layerApi, layerPage())

const noteAddress = Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
  logEvent.info("console.listening", `The console is served at ${HttpServer.formatAddress(address)}`, {
    url: HttpServer.formatAddress(address),
  }),
)

/** Requests are no work of the worker's: whoever sends one cannot have it traced. */
const layerUntraced = Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)

/**
 * Serves the console until the scope ends, or does nothing where it is switched off.
 * Fails with `ConsoleError` when its port cannot be had.
 */
export const layerConsole = (config: Config, access: Access) =>
  config.console.port === undefined
    ? Layer.empty
    : Layer.unwrap(
        Effect.map(HttpRouter.toHttpEffect(layerRoutes(config, access)), (app) =>
          Layer.merge(HttpServer.serve(guarded(access, app)), Layer.effectDiscard(noteAddress)),
        ),
      ).pipe(Layer.provide(layerServer(config.console)), Layer.provide(layerUntraced))
