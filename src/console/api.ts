import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { RecentlySkipped, RecentPackage } from "../../db/recent.ts"
import { StatusView } from "./status-view.ts"

/** Thrown when: the database does not answer; what was asked for is there again when it does. */
export class LibraryAway extends Schema.TaggedError<LibraryAway>()(
  "LibraryAway",
  { message: Schema.String },
  { httpApiStatus: 503 },
) {}

/** Thrown when: as many follow the status as may. */
export class TooManyFollowers extends Schema.TaggedError<TooManyFollowers>()(
  "TooManyFollowers",
  { message: Schema.String },
  { httpApiStatus: 429 },
) {}

/** What the console's page, and whoever else, may ask the worker. Without handlers: clients import it. */
export class ConsoleApi extends HttpApi.make("stash-console")
  .add(
    HttpApiGroup.make("status")
      .add(
        HttpApiEndpoint.get("now", "/api/status", { success: StatusView }).annotate(
          OpenApi.Description,
          "What every account does now, and how the last sets left.",
        ),
      )
      .add(
        HttpApiEndpoint.get("follow", "/api/status/events", {
          success: HttpApiSchema.StreamSse({ data: StatusView }),
          error: TooManyFollowers,
        }).annotate(
          OpenApi.Description,
          "The same as server-sent events, whenever it changes: twice a second at most.",
        ),
      ),
  )
  .add(
    HttpApiGroup.make("library")
      .add(
        HttpApiEndpoint.get("packages", "/api/packages", {
          success: Schema.Array(RecentPackage),
          error: LibraryAway,
        }).annotate(OpenApi.Description, "The packages that came last, newest first."),
      )
      .add(
        HttpApiEndpoint.get("skipped", "/api/skipped", {
          success: Schema.Array(RecentlySkipped),
          error: LibraryAway,
        }).annotate(OpenApi.Description, "The sets that were skipped last, with the reasons, newest first."),
      ),
  )
  .annotateMerge(OpenApi.annotations({ title: "Dragon's Stash worker", version: "1" })) {}
