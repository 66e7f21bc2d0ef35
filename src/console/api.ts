import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { LibraryTotals } from "../../db/library-totals.ts"
import { ContainedFile } from "../../db/package-contents.ts"
import { RecentEvent, RecentlySkipped, RecentPackage } from "../../db/recent.ts"
import { SafeInteger } from "../../db/row.ts"
import { StoredWait } from "../../db/waits.ts"
import { LibraryAway, NotThere, Refused, TooManyFollowers } from "./api-errors.ts"
import { accountsGroup, channelsGroup, skippedGroup } from "./operator-api.ts"
import { setupGroup } from "./setup-api.ts"
import { StatusView } from "./status-view.ts"

const Waiting = Schema.Struct({
  ...StoredWait.fields,
  until: SafeInteger.annotate({ description: "Unix milliseconds" }),
})

/** The whole at a glance. */
const Overview = Schema.Struct({
  ...LibraryTotals.fields,
  destination: Schema.NullOr(Schema.String),
  sources: Schema.Int,
  accounts: Schema.Int,
  loggedIn: Schema.Int,
  disabledAccounts: Schema.Array(Schema.Struct({ id: Schema.String, label: Schema.String, phone: Schema.String })),
  freeBytes: Schema.NullOr(Schema.Number).annotate({ description: "where downloads lie" }),
  waits: Schema.Array(Waiting).annotate({ description: "what Telegram has accounts wait for" }),
})

const PackageContents = Schema.Struct({ files: Schema.Array(ContainedFile) })
const error = [LibraryAway, NotThere, Refused]
const ofPackage = { packageId: Schema.NonEmptyString.check(Schema.isMaxLength(64)) }

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
        HttpApiEndpoint.get("throughput", "/api/throughput", {
          success: Schema.Struct({
            stepSeconds: Schema.Number,
            accounts: Schema.Array(
              Schema.Struct({
                accountId: Schema.String,
                label: Schema.String,
                down: Schema.Array(Schema.Number),
                up: Schema.Array(Schema.Number),
              }),
            ),
          }),
        }).annotate(OpenApi.Description, "Bytes a second of every account in the last half hour, step by step."),
      ),
  )
  .add(
    HttpApiGroup.make("library")
      .add(
        HttpApiEndpoint.get("packages", "/api/packages", {
          success: Schema.Array(RecentPackage),
          error,
        }).annotate(OpenApi.Description, "The packages that came last, newest first."),
        HttpApiEndpoint.get("contents", "/api/packages/:packageId/files", {
          params: ofPackage,
          success: PackageContents,
          error,
        }).annotate(OpenApi.Description, "What is inside a package: the first thousand files."),
        HttpApiEndpoint.get("preview", "/api/packages/:packageId/preview", {
          params: ofPackage,
          success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "image/*" })),
          error,
        }).annotate(OpenApi.Description, "The preview picture of a package."),
        HttpApiEndpoint.get("overview", "/api/overview", { success: Overview, error }).annotate(
          OpenApi.Description,
          "How much there is of everything, and what is still to be set up.",
        ),
        HttpApiEndpoint.get("events", "/api/events", { success: Schema.Array(RecentEvent), error }).annotate(
          OpenApi.Description,
          "The last steps in the lives of sets, newest first.",
        ),
      )
      .add(
        HttpApiEndpoint.get("skipped", "/api/skipped", {
          success: Schema.Array(RecentlySkipped),
          error,
        }).annotate(OpenApi.Description, "The sets that were skipped last, with the reasons, newest first."),
      ),
  )
  .add(setupGroup, accountsGroup, channelsGroup, skippedGroup)
  .annotateMerge(OpenApi.annotations({ title: "Dragon's Stash worker", version: "1" })) {}
