import { Cause, Effect, Exit, FiberSet, Option, Schedule } from "effect"
import {
  type AppRequestKind,
  endAppRequest,
  giveBackAppRequest,
  giveBackOfEarlierLife,
  passOnAppRequest,
  renewAppRequest,
  type TakenAppRequest,
  takeAppRequest,
  writeFailure,
} from "../../../db/app-requests.ts"
import { retryUnavailable } from "../../../db/database.ts"
import type { Config } from "../../config.ts"
import { logEvent } from "../../log-line.ts"
import type { Cell } from "../cell.ts"
import { AppRequestBell } from "../request-bell.ts"
import { createDestination } from "./create-destination.ts"
import { extractEntry } from "./extract-entry.ts"
import { fetchChannels } from "./fetch-channels.ts"
import { generateInvite } from "./generate-invite.ts"
import { joinChannel } from "./join-channel.ts"
import { makePackageShelf, type PackageShelf } from "./package-shelf.ts"
import { rebuildPackages } from "./rebuild-packages.ts"
import { uploadByHand } from "./upload-by-hand.ts"
import { Refused, Unfit, type Work } from "./work.ts"

/** How many requests of a kind an account does at the same time; what needs calls alone does not wait for transfers. */
const placesOf: Partial<Readonly<Record<AppRequestKind, number>>> = {
  channel_fetch: 1,
  join_channel: 2,
  create_destination: 1,
  generate_invite: 1,
  archive_extract: 1,
  manual_upload: 1,
  rebuild_packages: 1,
}
/** What is answered within seconds, without files being moved. */
const quickKinds: ReadonlyArray<AppRequestKind> = [
  "channel_fetch",
  "join_channel",
  "create_destination",
  "generate_invite",
]
/** A request that ended this many lives of accounts is not tried again. */
const MAX_ATTEMPTS = 3
/** An upload may have parts in the destination already, which only going on with it completes; and a rebuild takes hours. */
const MAX_LONG_ATTEMPTS = 32
const longKinds: ReadonlySet<AppRequestKind> = new Set(["manual_upload", "rebuild_packages"])
const RENEW_EVERY = "20 seconds"
/** What went wrong with the account or the database may be over by then. */
const AGAIN_SECONDS = 10

interface Surroundings {
  readonly cell: Pick<Cell, "account">
  readonly accountId: string
  readonly config: Config
}

const perform = (work: Work, shelf: PackageShelf) => {
  switch (work.request.kind) {
    case "channel_fetch":
      return fetchChannels(work)
    case "join_channel":
      return joinChannel(work)
    case "create_destination":
      return createDestination(work)
    case "generate_invite":
      return generateInvite(work)
    case "archive_extract":
      return extractEntry(work, shelf)
    case "manual_upload":
      return uploadByHand(work)
    case "rebuild_packages":
      return rebuildPackages(work)
  }
}

/** Fails when somebody else has the request, whose work would then be done twice. */
const keep = (request: TakenAppRequest) =>
  renewAppRequest(request).pipe(
    retryUnavailable(),
    Effect.repeat({ while: (isOurs) => isOurs, schedule: Schedule.spaced(RENEW_EVERY) }),
    Effect.andThen(Effect.interrupt),
  )

const fail = (request: TakenAppRequest, reason: string) =>
  Effect.andThen(
    retryUnavailable()(endAppRequest(request, writeFailure(request.kind, request.id, reason))),
    logEvent.warn("app_request.failed", `What the web app asked was not done: ${request.kind}`, {
      request: request.id,
      reason,
    }),
  )

/** Does one request and writes down what came of it. Cut short, it is left for the next life. */
const answer = Effect.fn("answerAppRequest")(
  function* (request: TakenAppRequest, { accountId, cell, config }: Surroundings, shelf: PackageShelf) {
    const attempts = request.attempts - 1
    if (attempts >= (longKinds.has(request.kind) ? MAX_LONG_ATTEMPTS : MAX_ATTEMPTS))
      return yield* fail(request, `given up: the account ended ${attempts} times while it worked on this`)
    yield* perform({ request, accountId, cell, config }, shelf).pipe(
      Effect.raceFirst(keep(request)),
      Effect.flatMap((done) => retryUnavailable()(endAppRequest(request, done))),
      Effect.andThen(
        logEvent.info("app_request.done", `Did what the web app asked: ${request.kind}`, { request: request.id }),
      ),
      Effect.catch((error) => {
        if (error instanceof Unfit) return passOnAppRequest(request, error.reason)
        if (error instanceof Refused) return fail(request, error.reason)
        return Effect.andThen(
          logEvent.warn("app_request.cut", `A request of the web app was cut short: ${request.kind}`, {
            request: request.id,
            error: error.message,
          }),
          giveBackAppRequest(request, AGAIN_SECONDS),
        )
      }),
      Effect.onExit((exit) =>
        Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)
          ? Effect.ignore(giveBackAppRequest(request))
          : Effect.void,
      ),
    )
  },
  Effect.catch((error) =>
    logEvent.warn("app_request.trouble", "A request of the web app could not be answered; it will be tried again", {
      error: error.message,
    }),
  ),
)

const takeNext = (accountId: string, kinds: ReadonlyArray<AppRequestKind>) =>
  (kinds.length === 0 ? Effect.succeed(Option.none()) : takeAppRequest(accountId, kinds)).pipe(
    Effect.catch((error) =>
      Effect.as(
        logEvent.warn("app_request.trouble", "Requests of the web app could not be read; trying again", {
          error: error.message,
        }),
        Option.none<TakenAppRequest>(),
      ),
    ),
  )

/**
 * Answers what the web app has asked already and what takes seconds, before the account's first cycle: that may find that the
 * operator must act, and perhaps this is how.
 */
export const answerQuickRequests = Effect.fn("answerQuickRequests")(function* (surroundings: Surroundings) {
  const shelf = yield* makePackageShelf
  yield* Effect.ignore(giveBackOfEarlierLife(surroundings.accountId))
  for (;;) {
    const taken = yield* takeNext(surroundings.accountId, quickKinds)
    if (Option.isNone(taken)) return
    yield* answer(taken.value, surroundings, shelf)
  }
}, Effect.scoped)

/** Answers what the web app asks from now on, beside whatever else the account does, for ever. */
export const answerAppRequests = Effect.fn("answerAppRequests")(function* (surroundings: Surroundings) {
  const { accountId } = surroundings
  const { accounts } = yield* AppRequestBell
  const shelf = yield* makePackageShelf
  const running = new Map<AppRequestKind, number>()
  const count = (kind: AppRequestKind, change: 1 | -1) =>
    Effect.sync(() => running.set(kind, (running.get(kind) ?? 0) + change))
  const free = () =>
    Object.entries(placesOf).flatMap(([kind, places]) =>
      (running.get(kind as AppRequestKind) ?? 0) < places ? [kind as AppRequestKind] : [],
    )
  const fibers = yield* FiberSet.make<void>()
  for (;;) {
    for (
      let taken = yield* takeNext(accountId, free());
      Option.isSome(taken);
      taken = yield* takeNext(accountId, free())
    ) {
      const request = taken.value
      yield* count(request.kind, 1)
      yield* FiberSet.run(
        fibers,
        answer(request, surroundings, shelf).pipe(
          Effect.ensuring(Effect.andThen(count(request.kind, -1), accounts.ring(accountId))),
        ),
      )
    }
    // The watch rings for as long as a request waits.
    yield* accounts.heard(accountId)
  }
}, Effect.scoped)
