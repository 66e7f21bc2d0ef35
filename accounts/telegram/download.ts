import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { DownloadGoal, type DownloadShare } from "./download-goal.ts"
import { Tdlib } from "./tdlib.ts"
import { type TelegramError, telegramError } from "./telegram-error.ts"
import { stallWatch } from "./transfer-progress.ts"

/** TDLib stops a download without a word of why. */
const isRefused = (error: TelegramError): boolean => error.kind === "refused"

/** How much of the file's beginning is here. */
const readyBytesOf = (local: Td.localFile): number => (local.download_offset === 0 ? local.downloaded_prefix_size : 0)

export interface DownloadOptions<E = never> {
  readonly fileId: number
  readonly share: DownloadShare
  readonly onProgress: (doneBytes: number) => void
  /**
   * Hears that the first `readyBytes` bytes of the unfinished file at `path` may be read. TDLib writes its parts in any
   * order, so this is less than what has been downloaded (td_api: localFile.downloaded_prefix_size).
   */
  readonly onPrefix?: (path: string, readyBytes: number) => void
  /** Waits until bytes may be fetched, and answers how many of those that are wanted; null: all, without a limit. */
  readonly take?: (wantedBytes: number) => Effect.Effect<number | null, E>
}

/** Removes TDLib's own copy of a file, if it has one; a file elsewhere on the disk stays. Never fails. */
export const forgetDownload = (fileId: number): Effect.Effect<void, never, Tdlib> =>
  Effect.flatMap(Tdlib, (tdlib) => Effect.ignore(tdlib.invoke({ _: "deleteFile", file_id: fileId }, 30)))

/**
 * Downloads a file of Telegram and returns its path in TDLib's own files folder.
 * Interruption cancels the download; the partial file is kept and goes on next time.
 * Fails with kind `timeout` after five minutes without a byte of this or any other download, `flood` when Telegram asks for a long wait, `refused` when
 * TDLib gives up for another reason.
 */
export const downloadFile = Effect.fn("downloadFile")(function* <E = never>({
  fileId,
  onPrefix,
  onProgress,
  share,
  take,
}: DownloadOptions<E>) {
  const tdlib = yield* Tdlib
  const done = yield* Deferred.make<string, TelegramError>()
  const watch = yield* stallWatch("downloadFile")
  const goal = new DownloadGoal(share)
  if (take !== undefined) goal.allow(0)
  /** Rings when TDLib may have to be asked for something else. */
  const bell = yield* Queue.sliding<void>(1)
  let wasActive = false
  /** Who waits until all is here that may come for now; TDLib stops there. */
  let piece: Deferred.Deferred<void> | undefined

  const look = ({ local, size }: Td.file) => {
    watch.moved()
    onProgress(local.downloaded_size)
    if (local.is_downloading_completed) {
      Deferred.doneUnsafe(done, Effect.succeed(local.path))
      return
    }
    goal.heard(readyBytesOf(local), size)
    if (local.path !== "" && local.download_offset === 0) onPrefix?.(local.path, readyBytesOf(local))
    // The first update of a file says "inactive" before the download has begun (facts, lesson d638620).
    const hasStopped = wasActive && !local.is_downloading_active
    wasActive = local.is_downloading_active
    if (piece !== undefined && !wasActive && goal.isReached) Deferred.doneUnsafe(piece, Effect.void)
    else if (hasStopped && !goal.ranDry())
      Deferred.doneUnsafe(done, Effect.fail(telegramError("downloadFile", { message: "TDLib stopped the download" })))
    Queue.offerUnsafe(bell, undefined)
  }

  const listening = tdlib.onUpdate((update) => {
    if (update._ !== "updateFile") return
    if (update.file.id === fileId) look(update.file)
    // Within TDLib it waits for those before it, however long they take.
    else if (update.file.local.is_downloading_active) watch.moved()
  })
  const heeding = Effect.acquireRelease(
    Effect.sync(() => {
      share.onChange = () => Queue.offerUnsafe(bell, undefined)
    }),
    () => Effect.sync(() => delete share.onChange),
  )
  const askNow = Effect.suspend(() => {
    const ask = goal.ask()
    if (ask === undefined) return Effect.void
    return tdlib
      .invoke({ _: "downloadFile", file_id: fileId, ...ask, offset: 0, synchronous: false })
      .pipe(Effect.map(look))
  })
  const asking = askNow.pipe(Effect.andThen(Queue.take(bell)), Effect.forever)

  /** TDLib has no limit of speed; but it brings no more of a file than it is asked for, and goes on where it was. */
  const allowing = Effect.gen(function* () {
    if (take === undefined) return
    const { local, size } = yield* tdlib.invoke({ _: "getFile", file_id: fileId })
    for (let end = readyBytesOf(local), hasMore = true; hasMore; ) {
      const taken = yield* take(Math.max(size - end, 1))
      watch.moved()
      end += taken ?? size
      hasMore = end < size
      piece = hasMore ? yield* Deferred.make<void>() : undefined
      goal.allow(end)
      Queue.offerUnsafe(bell, undefined)
      if (piece !== undefined) yield* Deferred.await(piece)
    }
  })

  const ended = Effect.raceFirst(Deferred.await(done), watch.stalled).pipe(
    Effect.catchIf(isRefused, (error) => Effect.flatMap(tdlib.explain(error), Effect.fail)),
  )

  return yield* listening.pipe(
    Effect.andThen(heeding),
    Effect.andThen(Effect.raceAllFirst([ended, asking, Effect.andThen(allowing, Effect.never)])),
    Effect.scoped,
    Effect.onInterrupt(() =>
      Effect.ignore(tdlib.invoke({ _: "cancelDownloadFile", file_id: fileId, only_if_pending: false }, 5)),
    ),
  )
})
