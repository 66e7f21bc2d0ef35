import { Effect, Option } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { accountStandings } from "../../db/account-states.ts"
import { channelOverviews } from "../../db/channel-overview.ts"
import { destination } from "../../db/channels.ts"
import { Database } from "../../db/database.ts"
import { libraryTotals } from "../../db/library-totals.ts"
import { containedFiles, packagePreview } from "../../db/package-contents.ts"
import { recentEvents, recentlySkipped, recentPackages } from "../../db/recent.ts"
import { currentWaits } from "../../db/waits.ts"
import type { Config } from "../config.ts"
import { DiskRoom } from "../disk-room.ts"
import { maskPhone } from "../log-line.ts"
import { answered } from "./answered.ts"
import { ConsoleApi } from "./api.ts"
import { NotThere } from "./api-errors.ts"
import { imageType } from "./image-type.ts"

const SHOWN = 50
const SHOWN_FILES = 1000

const overview = Effect.fn("overview")(function* ({ tempDirectory }: Config) {
  const roomOf = yield* DiskRoom
  const free = yield* Effect.option(Effect.tryPromise(() => roomOf(tempDirectory)))
  const sources = (yield* channelOverviews()).filter(({ isActive, type }) => type === "SOURCE" && isActive)
  const accounts = yield* accountStandings()
  return {
    ...(yield* libraryTotals()),
    destination: Option.getOrNull(Option.map(yield* destination(), ({ title }) => title)),
    sources: sources.length,
    accounts: accounts.length,
    disabledAccounts: accounts.flatMap(({ id, isActive, name, phone }) =>
      isActive ? [] : [{ id, label: name ?? maskPhone(phone), phone: maskPhone(phone) }],
    ),
    loggedIn: accounts.filter(({ loginState }) => loginState === "ready").length,
    freeBytes: Option.getOrNull(free),
    waits: yield* currentWaits(),
  }
})

const preview = Effect.fn("preview")(function* (packageId: string) {
  const found = yield* packagePreview(packageId)
  const data = Option.getOrUndefined(found)?.data
  const contentType = data === undefined ? undefined : imageType(data)
  if (data === undefined || contentType === undefined)
    return yield* new NotThere({ message: "the package has no preview that can be shown" })
  return HttpServerResponse.uint8Array(data, { contentType })
})

/** The library in the console: what there is, what was skipped, what happened. */
export const layerLibrary = (config: Config) =>
  HttpApiBuilder.group(
    ConsoleApi,
    "library",
    Effect.fnUntraced(function* (handlers) {
      const database = yield* Database
      return handlers
        .handle("packages", () => answered(database, recentPackages(SHOWN)))
        .handle("skipped", () => answered(database, recentlySkipped(SHOWN)))
        .handle("contents", ({ params: { packageId } }) =>
          answered(
            database,
            Effect.map(containedFiles(packageId, SHOWN_FILES), (files) => ({ files })),
          ),
        )
        .handle("preview", ({ params: { packageId } }) => answered(database, preview(packageId)))
        .handle("overview", () => answered(database, overview(config)))
        .handle("events", () => answered(database, recentEvents(SHOWN)))
    }),
  )
