import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Growth } from "../../src/cpu/jobs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { timed } from "../meter.ts"
import { type Following, Supervisor } from "../supervisor-client.ts"
import { downloadFile } from "../telegram/download.ts"
import type { DownloadShare } from "../telegram/download-goal.ts"
import { telegramError } from "../telegram/telegram-error.ts"
import { digestSet, growingDigestJob } from "./cpu-stages.ts"
import type { Moved } from "./lane.ts"
import { type Place, Places } from "./places.ts"
import { progressTeller } from "./progress-teller.ts"
import { createSetFolder, hasVolume, moveFile, requireRoom } from "./set-folder.ts"
import { reportProgress, type SetWork } from "./set-work.ts"
import type { SourceVolume } from "./source-file.ts"

/**
 * Growth of one volume is told this often, its end at once: the rest that is digested then takes a few hundredths of a
 * second, and a small file costs one word.
 */
const TELL_INTERVAL = "250 millis"

/** Passes on the newest growth of a volume, and skips what came between. */
const growthOf = Effect.fn("growthOf")(function* (following: Following, volume: number) {
  const newest = yield* Queue.sliding<Growth>(1)
  yield* Effect.sleep(TELL_INTERVAL).pipe(
    Effect.andThen(Queue.take(newest)),
    Effect.flatMap(following.tell),
    Effect.forever,
    Effect.ignore,
    Effect.forkScoped,
  )
  return (path: string, readyBytes: number) => {
    Queue.offerUnsafe(newest, { volume, path, readyBytes, settled: false })
  }
})

/**
 * Downloads the volumes of a set into its folder, and tells the digest how far each is. Volumes that an earlier life
 * brought home are kept.
 */
const downloadVolumes = Effect.fn("downloadVolumes")(function* (work: SetWork, place: Place, following: Following) {
  const places = yield* Places
  const supervisor = yield* Supervisor
  const tellProgress = yield* progressTeller(work, "downloading")
  const done = new Map<number, number>()
  const { tdlibDirectory } = yield* AccountConfig
  const doneBytes = () => [...done.values()].reduce((sum, bytes) => sum + bytes, 0)
  /** What is there when a volume is first heard of, an earlier life has brought. */
  const arrivalsOf = (index: number, moved: Moved) => (bytes: number) => {
    moved(Math.max(bytes - (done.get(index) ?? bytes), 0))
    done.set(index, bytes)
    place.arrived(doneBytes())
  }

  const downloadVolume = Effect.fn("downloadVolume")(function* (
    volume: SourceVolume,
    index: number,
    share: DownloadShare,
    moved: Moved,
  ) {
    const arrived = arrivalsOf(index, moved)
    const path = work.folder.volumePaths[index] ?? ""
    if (!(yield* hasVolume(path, volume.bytes))) {
      yield* requireRoom(tdlibDirectory, volume.bytes)
      const downloaded = yield* Effect.scoped(
        Effect.flatMap(growthOf(following, index), (onPrefix) =>
          downloadFile({
            fileId: volume.fileId,
            share,
            onProgress: (bytes) => {
              arrived(bytes)
              tellProgress(doneBytes())
            },
            onPrefix,
            take: (wantedBytes) => supervisor.takeBandwidth("down", wantedBytes),
          }),
        ),
      ).pipe(
        // TDLib does not say why it stopped a download. On a full disk that is no failure of the set.
        Effect.tapErrorTag("TelegramError", () => requireRoom(tdlibDirectory, 0)),
      )
      yield* reach("volume.downloaded")
      yield* moveFile(downloaded, path)
      yield* reach("volume.moved")
      if (!(yield* hasVolume(path, volume.bytes)))
        return yield* telegramError("downloadFile", { message: `${volume.fileName} did not arrive in full size` })
    }
    yield* following.tell({ volume: index, path, readyBytes: volume.bytes, settled: true })
    arrived(volume.bytes)
    tellProgress(doneBytes())
  })

  yield* Effect.forEach(
    work.set.volumes,
    (volume, index) => places.volume(volume.bytes, (share, moved) => downloadVolume(volume, index, share, moved)),
    { concurrency: 2, discard: true },
  )
  yield* reportProgress(work, "downloading", doneBytes())
}, Effect.scoped)

const isHome = Effect.fn("isHome")(function* (work: SetWork) {
  const found = yield* Effect.forEach(work.set.volumes, (volume, index) =>
    hasVolume(work.folder.volumePaths[index] ?? "", volume.bytes),
  )
  return found.every(Boolean)
})

/**
 * Brings the volumes of a set into its folder and digests them: while they arrive, or, when all are there from an
 * earlier life, afterwards.
 * Fails with `TelegramError` (transfer), `StorageError` (disk) or `CpuJobError` (digest).
 */
export const downloadSet = Effect.fn("downloadSet")(function* (work: SetWork, place: Place) {
  const supervisor = yield* Supervisor
  yield* createSetFolder(work.folder)
  if (yield* isHome(work)) {
    place.complete()
    return yield* timed("hash")(digestSet(work))
  }
  return yield* supervisor.digestWhileGrowing(growingDigestJob(work)).pipe(
    Effect.flatMap((following) =>
      Effect.gen(function* () {
        yield* timed("download")(downloadVolumes(work, place, following))
        place.complete()
        yield* reach("download.done")
        yield* reportProgress(work, "hashing", 0)
        return yield* following.result.pipe(
          Effect.catchTag("CpuJobError", (error) =>
            // The files are there: what went wrong while they arrived does not matter any more.
            Effect.andThen(
              logEvent.warn("digest.again", "The digest is made anew", { error: error.message }),
              digestSet(work),
            ),
          ),
          timed("hash"),
        )
      }),
    ),
    Effect.scoped,
  )
})
