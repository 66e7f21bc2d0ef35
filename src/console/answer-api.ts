import { Clock, Effect, Layer, Schedule, Stream, SubscriptionRef } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import type { Config } from "../config.ts"
import { type Status, StatusBoard } from "../supervisor/status-board.ts"
import { layerAccounts } from "./answer-accounts.ts"
import { channelLayers } from "./answer-channels.ts"
import { layerLibrary } from "./answer-library.ts"
import { ConsoleApi } from "./api.ts"
import { TooManyFollowers } from "./api-errors.ts"
import { viewOf } from "./status-view.ts"
import { Throughput } from "./throughput.ts"

/** People cannot read faster. */
const FOLLOW_EVERY = "500 millis"
/** Without change it is said again, so that both ends know that the other one is there. */
const SAID_AGAIN = "20 seconds"
/** Each has a connection for as long as it likes; others must get one too. */
const MAX_FOLLOWERS = 24

const layerStatus = HttpApiBuilder.group(
  ConsoleApi,
  "status",
  Effect.fnUntraced(function* (handlers) {
    const { status } = yield* StatusBoard
    const { lately, stepSeconds } = yield* Throughput
    let followers = 0
    const view = (seen: Status) => Effect.map(Clock.currentTimeMillis, (at) => viewOf(seen, at))
    const now = Effect.flatMap(SubscriptionRef.get(status), view)
    const changes = Stream.merge(
      Stream.mapEffect(SubscriptionRef.changes(status), view),
      Stream.drop(Stream.fromEffectSchedule(now, Schedule.spaced(SAID_AGAIN)), 1),
    ).pipe(
      Stream.buffer({ capacity: 1, strategy: "sliding" }),
      Stream.tap(() => Effect.sleep(FOLLOW_EVERY)),
    )
    // The request's scope ends with its answer, however that ends.
    const follow = Effect.acquireRelease(
      Effect.suspend(() => {
        if (followers >= MAX_FOLLOWERS)
          return Effect.fail(new TooManyFollowers({ message: `${followers} follow the status already` }))
        followers += 1
        return Effect.succeed(Stream.concat(Stream.fromEffect(now), changes))
      }),
      () =>
        Effect.sync(() => {
          followers -= 1
        }),
    )
    return handlers
      .handle("now", () => now)
      .handle("follow", () => follow)
      .handle("throughput", () => Effect.map(lately, (accounts) => ({ stepSeconds, accounts })))
  }),
)

/** A worker that answers has all that it needs to begin. */
const layerSetup = HttpApiBuilder.group(ConsoleApi, "setup", (handlers) =>
  handlers.handle("setup", () => Effect.succeed({ missing: [] })),
)

/** The console's API, and at `/openapi.json` its description. */
export const layerApi = (config: Config) =>
  HttpApiBuilder.layer(ConsoleApi, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide([layerSetup, layerStatus, layerLibrary(config), layerAccounts, ...channelLayers]),
    Layer.provide(Throughput.layer),
  )
