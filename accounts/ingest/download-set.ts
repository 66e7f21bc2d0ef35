import * as Effect from "effect/Effect"
import { downloadFile } from "../telegram/download.ts"
import { telegramError } from "../telegram/telegram-error.ts"
import type { SourceVolume } from "./scan-source.ts"
import { createSetFolder, hasVolume, moveFile } from "./set-folder.ts"
import { Places, reportProgress, type SetWork } from "./set-work.ts"

/**
 * Downloads the volumes of a set into its folder. Volumes that an earlier life brought home are kept.
 * Fails with `TelegramError` (transfer) or `StorageError` (disk).
 */
export const downloadSet = Effect.fn("downloadSet")(function* (work: SetWork) {
  const places = yield* Places
  const runFork = Effect.runForkWith(yield* Effect.context())
  const done = new Map<number, number>()
  const doneBytes = () => [...done.values()].reduce((sum, bytes) => sum + bytes, 0)

  const downloadVolume = Effect.fn("downloadVolume")(function* (volume: SourceVolume, index: number) {
    const path = work.folder.volumePaths[index] ?? ""
    if (!(yield* hasVolume(path, volume.bytes))) {
      const downloaded = yield* downloadFile({
        fileId: volume.fileId,
        priority: 16,
        onProgress: (bytes) => {
          done.set(index, bytes)
          runFork(reportProgress(work, "downloading", doneBytes()))
        },
      })
      yield* moveFile(downloaded, path)
      if (!(yield* hasVolume(path, volume.bytes)))
        return yield* telegramError("downloadFile", { message: `${volume.fileName} did not arrive in full size` })
    }
    done.set(index, volume.bytes)
    yield* reportProgress(work, "downloading", doneBytes())
  })

  yield* createSetFolder(work.folder)
  yield* Effect.forEach(
    work.set.volumes,
    (volume, index) => places.download.withPermits(1)(downloadVolume(volume, index)),
    { concurrency: 2, discard: true },
  )
})
