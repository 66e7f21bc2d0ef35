import * as Effect from "effect/Effect"
import { advanceMark, type Destination, type Source } from "../../db/channels.ts"
import type { ArchiveSet } from "../../src/archive/archive-set.ts"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { Drain } from "./drain.ts"
import { ingestSet } from "./ingest-set.ts"
import { left } from "./leave-set.ts"
import { isSettled, markAfter } from "./mark.ts"
import { type SourceVolume, scanSource } from "./scan-source.ts"
import { planSetFolder, setFolderName } from "./set-folder.ts"
import { Places, type SetWork } from "./set-work.ts"
import { skipVanishedSets } from "./vanished-sets.ts"

/** What all sets of one cycle share. */
export interface CycleFrame {
  readonly destination: Destination
  readonly runId: string
  readonly report: (event: CycleEvent) => Effect.Effect<void>
}

/** The cycle is about to end: the next one looks at the set. */
const notTakenUp = left("deferred", "the account takes no set up now")

/**
 * Goes through one source: scan, ingest every set, move the mark.
 * @returns the folder names of the sets that are not settled yet, whose downloads must be kept
 * Fails with `TelegramError` when the source cannot be read, with `CycleCut` when it need not be any more, or with what
 * stops the whole account.
 */
export const ingestSource = Effect.fn("ingestSource")(function* (source: Source, frame: CycleFrame) {
  const { tempDirectory } = yield* AccountConfig
  const places = yield* Places
  const drain = yield* Drain
  const scan = yield* drain.interruptible(scanSource(source))
  yield* frame.report({
    _tag: "SourceScanned",
    title: source.title,
    messages: scan.messages,
    sets: scan.sets.length,
    ignored: scan.ignored,
  })
  yield* logEvent.info("source.scanned", `${source.title}: ${scan.sets.length} sets`, {
    channel: source.title,
    messages: scan.messages,
    sets: scan.sets.length,
    ignored: scan.ignored,
  })
  yield* reach("scan.done")
  yield* skipVanishedSets(source, scan)
  const setStarts = scan.sets.map(({ firstMessageId }) => firstMessageId)
  const limit = yield* UploadLimit
  const workOf = (set: ArchiveSet<SourceVolume>): SetWork => ({
    ...frame,
    maxUploadBytes: limit.bytes(),
    set,
    source,
    photos: scan.photos,
    setStarts,
    folder: planSetFolder(tempDirectory, {
      chatId: source.chatId,
      firstMessageId: set.firstMessageId,
      volumes: set.volumes,
    }),
  })
  const travelled = yield* Effect.forEach(
    scan.sets,
    (set) =>
      places.sets.withPermits(1)(
        Effect.map(
          Effect.suspend(() => (drain.isDraining() ? Effect.succeed(notTakenUp) : ingestSet(workOf(set)))),
          (departure) => ({ set, departure }),
        ),
      ),
    { concurrency: "unbounded" },
  )
  const mark = markAfter(scan.newestMessageId, travelled)
  if (!(yield* advanceMark(source.mapId, source.mark, mark)))
    yield* logEvent.info("mark.kept", "The mark was set back meanwhile: the next cycle looks again from there")
  yield* reach("mark.moved")
  return travelled.filter((one) => !isSettled(one)).map(({ set }) => setFolderName(source.chatId, set.firstMessageId))
})
