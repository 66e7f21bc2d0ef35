import { basename } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Destination, destination as destinationOf, type Source, sourcesOf } from "../../db/channels.ts"
import { begunSets } from "../../db/claims.ts"
import { openPublications } from "../../db/journal.ts"
import { noteUnreadable } from "../../db/source-states.ts"
import { AccountError, type CycleEvent } from "../../src/channel/account-rpcs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { destinationsToSweep, sweepDestination } from "../settle/sweep.ts"
import { verifyLibrary } from "../settle/verify-library.ts"
import { loadAllChats, requireChat } from "../telegram/history.ts"
import { removeLeftoverFiles, trimLeftoverFiles } from "../telegram/leftover-files.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { keepClaims } from "./claim-leases.ts"
import { Drain } from "./drain.ts"
import { groupPackages } from "./group-packages.ts"
import { ingestPosts } from "./ingest-posts.ts"
import { ingestSource } from "./ingest-source.ts"
import { type RunRecord, recordRun } from "./run-record.ts"
import { isEmptyFolder, LISTINGS_FOLDER, removeOtherFolders, setFolderName } from "./set-folder.ts"
import { SetsUnderWay } from "./sets-under-way.ts"
import type { CycleFrame } from "./take-up-set.ts"
import { makeForumTopicNames } from "./topic-names.ts"
import { isSourceTrouble } from "./trouble.ts"

/** Sources scanned side by side; their sets share the account's places. */
const SOURCES_AT_ONCE = 2

const needDestination = Effect.fn("needDestination")(function* () {
  const found = yield* destinationOf()
  if (Option.isNone(found))
    return yield* new AccountError({
      who: "operator",
      message: "no destination channel is set: choose one, and make every account a member who may post there",
    })
  yield* requireChat(found.value.chatId).pipe(
    Effect.catchIf(
      (error) => error.kind === "not_found" || error.kind === "forbidden",
      (error) =>
        new AccountError({
          who: "operator",
          message: `this account cannot see the destination "${found.value.title}": ${error.text}`,
        }),
    ),
  )
  return found.value
})

/** Whether the account will not see the source again soon: removed from it, or the channel is private, deleted or no source. */
const isUnreadable = ({ kind }: TelegramError): boolean => kind === "not_found" || kind === "forbidden"

/** A source that the account cannot read (any more) is tried again rarely, and says why. */
const leaveAlone = Effect.fn("leaveAlone")(function* (source: Source, error: TelegramError) {
  const { isNews, retryAt } = yield* noteUnreadable(source.mapId, error.text)
  const until = retryAt.toISOString()
  const log = isNews ? logEvent.warn : logEvent.info
  yield* log("source.unreadable", `${source.title} cannot be read any more; tried again at ${until}`, {
    channel: source.title,
    reason: error.text,
    until,
  })
  return `${error.text}; tried again at ${until}`
})

/** A source that cannot be read is shown with the reason; the others go on. */
const ingestOrShow = (source: Source, frame: CycleFrame) =>
  ingestSource(source, frame).pipe(
    Effect.catchIf(isSourceTrouble, (error) =>
      (isUnreadable(error)
        ? leaveAlone(source, error)
        : Effect.as(
            logEvent.warn("source.failed", `${source.title} cannot be read now`, { error: error.message }),
            error.message,
          )
      ).pipe(
        Effect.flatMap((reason) =>
          frame.report({ _tag: "SourceFailed", title: source.title, reason, isPassing: !isUnreadable(error) }),
        ),
      ),
    ),
    Effect.catchTag("CycleCut", () => Effect.void),
  )

/** What cannot be swept now is swept by a later cycle, or by another account. */
const sweep = Effect.fn("sweep")(function* (current: Destination) {
  for (const destination of yield* destinationsToSweep(current))
    yield* sweepDestination(destination).pipe(
      Effect.catchIf(isSourceTrouble, (error) =>
        logEvent.warn("sweep.failed", "A destination could not be looked through for surplus messages", {
          destination: destination.title,
          error: error.message,
        }),
      ),
    )
})

/**
 * Removes what lies on the disk and belongs to no set that the account has begun, nor to an open publication; TDLib's own
 * folder is kept within its limit.
 */
const tidy = Effect.fn("tidy")(
  function* () {
    const { accountId, tdlibCacheBytes, tdlibDirectory, tempDirectory } = yield* AccountConfig
    const begun = yield* begunSets(accountId)
    // The folder of an open publication holds the parts that are still to be sent.
    const publishing = (yield* openPublications(accountId)).map(({ directory }) => basename(directory))
    const folders = begun.map(({ chatId, firstMessageId }) => setFolderName(chatId, firstMessageId))
    yield* removeOtherFolders(tempDirectory, new Set([...folders, ...publishing, LISTINGS_FOLDER]))
    // With no set on the disk, TDLib's own halves of downloads are gone on with by nobody either.
    const isIdle = yield* isEmptyFolder(tempDirectory)
    const begunChatIds = [...new Set(begun.map(({ chatId }) => chatId))]
    const freed = isIdle
      ? yield* removeLeftoverFiles(tdlibDirectory)
      : yield* trimLeftoverFiles(tdlibDirectory, { begunChatIds, maxBytes: tdlibCacheBytes })
    if (freed.files > 0)
      yield* logEvent.info("storage.freed", `Removed ${freed.files} files that TDLib had kept`, { ...freed })
  },
  Effect.catchIf(
    (error) => error._tag === "StorageError" || isSourceTrouble(error),
    (error) => logEvent.warn("temp.left", "Old downloads could not be removed", { error: error.message }),
  ),
)

/** What cannot be looked for now is looked for by a later cycle, or by another account. */
const verify = Effect.flatMap(AccountConfig, ({ verifyHours }) => verifyLibrary(verifyHours)).pipe(
  Effect.catchIf(isSourceTrouble, (error) =>
    logEvent.warn("library.unverified", "The library could not be looked through", { error: error.message }),
  ),
)

const goThrough = Effect.fn("goThrough")(function* (
  run: RunRecord,
  report: (event: CycleEvent) => Effect.Effect<void>,
) {
  const { accountId } = yield* AccountConfig
  yield* loadAllChats()
  const destination = yield* needDestination()
  const drain = yield* Drain
  yield* keepClaims()
  const frame: CycleFrame = {
    destination,
    runId: run.id,
    underWay: new SetsUnderWay(),
    topicNamesOf: makeForumTopicNames(),
    report: (event) => Effect.andThen(run.note(event), report(event)),
  }
  const posts = yield* ingestPosts(frame)
  const scans = Effect.gen(function* () {
    yield* drain.interruptible(Effect.andThen(sweep(destination), verify))
    yield* run.stand("scanning")
    yield* Effect.forEach(yield* sourcesOf(accountId), (source) => ingestOrShow(source, frame), {
      concurrency: SOURCES_AT_ONCE,
      discard: true,
    })
  }).pipe(Effect.catchTag("CycleCut", () => Effect.void))
  yield* Effect.andThen(scans, posts.atRest).pipe(Effect.raceFirst(posts.run))
  yield* run.stand("complete")
  yield* groupPackages()
  yield* drain.interruptible(sweep(destination))
  yield* tidy()
})

/**
 * Goes once through all sources of the account and tells `report` all that happens. Ends early when it is cut short.
 * Fails with `AccountError` when the operator must act, or with what stops the account.
 */
export const runCycle = Effect.fn("runCycle")(function* (report: (event: CycleEvent) => Effect.Effect<void>) {
  const { accountId } = yield* AccountConfig
  const run = yield* recordRun(accountId)
  yield* goThrough(run, report).pipe(
    Effect.catchTag("CycleCut", () => Effect.void),
    Effect.onExit((exit) => run.finish(exit)),
  )
  yield* reach("cycle.done")
}, Effect.scoped)
