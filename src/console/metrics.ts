import { Effect, Metric, Semaphore, SubscriptionRef } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import type { Config } from "../config.ts"
import { StatusBoard } from "../supervisor/status-board.ts"
import { gaugeAccounts } from "./account-gauges.ts"
import { EventLoopWatch } from "./event-loop.ts"
import { gaugeWorker } from "./worker-gauges.ts"

/** The content type of the Prometheus text format. */
const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

/** What is looked up now, in the text format. */
const lookUp = (config: Config, eventLoop: EventLoopWatch) =>
  Effect.gen(function* () {
    const { accounts } = yield* SubscriptionRef.get((yield* StatusBoard).status)
    yield* gaugeAccounts([...accounts.values()])
    yield* gaugeWorker(config, eventLoop.report())
    return yield* PrometheusMetrics.format()
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

/** `/metrics`: what was counted since the worker's start, and what is now. Scrapes come one after another. */
export const layerMetrics = (config: Config) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const one = yield* Semaphore.make(1)
      const eventLoop = yield* Effect.acquireRelease(
        Effect.sync(() => new EventLoopWatch()),
        (watch) => Effect.sync(() => watch.close()),
      )
      yield* router.add(
        "GET",
        "/metrics",
        Effect.gen(function* () {
          const now = yield* one.withPermits(1)(Effect.suspend(() => lookUp(config, eventLoop)))
          return HttpServerResponse.text(`${yield* PrometheusMetrics.format()}${now}`, { contentType: TEXT_FORMAT })
        }),
      )
    }),
  )
