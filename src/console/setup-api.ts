import { Effect, Layer, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"

/** What the worker needs before it can begin. */
export const setupGroup = HttpApiGroup.make("setup").add(
  HttpApiEndpoint.get("setup", "/api/setup", {
    success: Schema.Struct({
      missing: Schema.Array(Schema.String).annotate({
        description: "settings without which the worker cannot begin; while there are any, nothing else is answered",
      }),
    }),
  }).annotate(OpenApi.Description, "What is still to be set in the worker's environment."),
)

/** All that a worker without its credentials answers. */
class SetupApi extends HttpApi.make("stash-console").add(setupGroup) {}

/** The API of a worker that lacks these settings. */
export const layerSetupApi = (missing: ReadonlyArray<string>) =>
  HttpApiBuilder.layer(SetupApi).pipe(
    Layer.provide(
      HttpApiBuilder.group(SetupApi, "setup", (handlers) =>
        handlers.handle("setup", () => Effect.succeed({ missing })),
      ),
    ),
  )
