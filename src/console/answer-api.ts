import { Effect, Layer, Schedule, Stream, SubscriptionRef } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Database } from "../../db/database.ts"
import { recentlySkipped, recentPackages } from "../../db/recent.ts"
import { StatusBoard } from "../supervisor/status-board.ts"
import { ConsoleApi, LibraryAway, TooManyFollowers } from "./api.ts"
import { viewOf } from "./status-view.ts"

const SHOWN = 50
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
    let followers = 0
    const now = Effect.map(SubscriptionRef.get(status), viewOf)
    const changes = Stream.merge(
      Stream.map(SubscriptionRef.changes(status), viewOf),
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
    return handlers.handle("now", () => now).handle("follow", () => follow)
  }),
)

const layerLibrary = HttpApiBuilder.group(
  ConsoleApi,
  "library",
  Effect.fnUntraced(function* (handlers) {
    const database = yield* Database
    const asked = <A>(rows: Effect.Effect<A, { readonly message: string }, Database>) =>
      rows.pipe(
        Effect.provideService(Database, database),
        Effect.mapError(({ message }) => new LibraryAway({ message })),
      )
    return handlers
      .handle("packages", () => asked(recentPackages(SHOWN)))
      .handle("skipped", () => asked(recentlySkipped(SHOWN)))
  }),
)

/** The console's API, and at `/openapi.json` its description. */
export const layerApi = HttpApiBuilder.layer(ConsoleApi, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([layerStatus, layerLibrary]),
)
