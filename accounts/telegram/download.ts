import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Td from "tdlib-types"
import { Tdlib } from "./tdlib.ts"
import { type TelegramError, telegramError } from "./telegram-error.ts"
import { stallWatch } from "./transfer-progress.ts"

/** TDLib stops a download without a word of why. */
const isRefused = (error: TelegramError): boolean => error.kind === "refused"

/** A priority that may change while the download is under way: whoever changes the value then calls `onChange`. */
export interface ChangingPriority {
  value: number
  onChange?: () => void
}

export interface DownloadOptions<E = never> {
  readonly fileId: number
  /** 1 to 32; TDLib serves strictly by priority, last come first served among equals (facts/peers.md, 3b). */
  readonly priority: number | ChangingPriority
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
  priority,
  take,
}: DownloadOptions<E>) {
  const tdlib = yield* Tdlib
  const done = yield* Deferred.make<string, TelegramError>()
  const watch = yield* stallWatch("downloadFile")
  let wasActive = false
  /** How far TDLib is to come for now, and who waits for that; it stops there. */
  let piece: { readonly end: number; readonly arrived: Deferred.Deferred<void> } | undefined

  const look = (file: Td.file) => {
    const { local } = file
    watch.moved()
    onProgress(local.downloaded_size)
    if (local.is_downloading_completed) {
      Deferred.doneUnsafe(done, Effect.succeed(local.path))
      return
    }
    if (local.path !== "" && local.download_offset === 0) onPrefix?.(local.path, local.downloaded_prefix_size)
    // The first update of a file says "inactive" before the download has begun (facts, lesson d638620).
    const prefix = local.download_offset === 0 ? local.downloaded_prefix_size : 0
    if (piece !== undefined && !local.is_downloading_active && prefix >= piece.end)
      Deferred.doneUnsafe(piece.arrived, Effect.void)
    else if (wasActive && !local.is_downloading_active)
      Deferred.doneUnsafe(done, Effect.fail(telegramError("downloadFile", { message: "TDLib stopped the download" })))
    wasActive = local.is_downloading_active
  }

  const listening = tdlib.onUpdate((update) => {
    if (update._ !== "updateFile") return
    if (update.file.id === fileId) look(update.file)
    // Within TDLib it waits for those before it, however long they take.
    else if (update.file.local.is_downloading_active) watch.moved()
  })
  let wantedBytes: number | undefined
  /** `limit`: so many bytes from the beginning; 0: all. */
  const fetch = (limit: number) =>
    Effect.suspend(() => {
      wantedBytes = limit
      const now = typeof priority === "number" ? priority : priority.value
      return tdlib.invoke({ _: "downloadFile", file_id: fileId, priority: now, offset: 0, limit, synchronous: false })
    }).pipe(Effect.tap((file) => Effect.sync(() => look(file))))
  /** TDLib has no limit of speed; but it brings no more of a file than it is asked for, and goes on where it was. */
  const fetchInPieces = Effect.fn("fetchInPieces")(function* (takeBytes: NonNullable<typeof take>) {
    const { local, size } = yield* tdlib.invoke({ _: "getFile", file_id: fileId })
    for (let end = local.download_offset === 0 ? local.downloaded_prefix_size : 0; ; ) {
      const taken = yield* takeBytes(Math.max(size - end, 1))
      watch.moved()
      end += taken ?? size
      if (end >= size) break
      const arrived = yield* Deferred.make<void>()
      piece = { end, arrived }
      yield* fetch(end)
      yield* Deferred.await(arrived)
    }
    piece = undefined
    yield* fetch(0)
  })
  const start = take === undefined ? fetch(0) : fetchInPieces(take)

  const heeding = Effect.gen(function* () {
    if (typeof priority === "number") return
    const bell = yield* Queue.sliding<void>(1)
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        priority.onChange = () => Queue.offerUnsafe(bell, undefined)
      }),
      () => Effect.sync(() => delete priority.onChange),
    )
    yield* Queue.take(bell).pipe(
      Effect.andThen(Effect.suspend(() => (wantedBytes === undefined ? Effect.void : fetch(wantedBytes)))),
      Effect.ignore,
      Effect.forever,
      Effect.forkScoped,
    )
  })

  const ended = Effect.raceFirst(Deferred.await(done), watch.stalled).pipe(
    Effect.catchIf(isRefused, (error) => Effect.flatMap(tdlib.explain(error), Effect.fail)),
  )

  return yield* listening.pipe(
    Effect.andThen(heeding),
    Effect.andThen(Effect.raceFirst(Effect.andThen(start, Effect.never), ended)),
    Effect.scoped,
    Effect.onInterrupt(() =>
      Effect.ignore(tdlib.invoke({ _: "cancelDownloadFile", file_id: fileId, only_if_pending: false }, 5)),
    ),
  )
})
