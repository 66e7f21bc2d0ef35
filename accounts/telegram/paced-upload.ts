import { randomUUID } from "node:crypto"
import { link, rm, utimes } from "node:fs/promises"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Td from "tdlib-types"
import { forgetDownload } from "./download.ts"
import { Tdlib } from "./tdlib.ts"
import { type TelegramError, telegramError } from "./telegram-error.ts"
import { stallWatch } from "./transfer-progress.ts"

export interface PacedUpload<E> {
  /** A regular file; its base name is what people will see. */
  readonly path: string
  readonly bytes: number
  /** Waits until bytes may be sent, and answers how many of those that are wanted; null: all, without a limit. */
  readonly take: (wantedBytes: number) => Effect.Effect<number | null, E>
  readonly onProgress: (sentBytes: number) => void
}

const call = "preliminaryUploadFile"

/** TDLib's parts are at most so large (core.telegram.org/api/files). */
const LARGEST_PART = 512 * 1024

/**
 * Puts the file where TDLib wants the one that it waits for: the same bytes, a second name. With the time it has, TDLib
 * would take it for the file that it once downloaded under that name, and mention the source's document instead of
 * sending a copy.
 */
const linkTo = (path: string, destination: string) =>
  Effect.tryPromise({
    try: async () => {
      const now = new Date()
      await utimes(path, now, now)
      await rm(destination, { force: true })
      await link(path, destination)
    },
    catch: (cause) => telegramError(call, { message: `no second name for ${path}: ${String(cause)}` }),
  })

/**
 * Uploads a file no faster than `take` lets it, ahead of the message that will carry it. TDLib has no limit of its own,
 * and an upload that is stopped begins anew; but it uploads a file that is still growing as far as it is there. So it is
 * told that this one grows. Until it is sent as a message there is nothing that a crash could deliver twice: interrupted,
 * or failed, nothing is left of it.
 * @returns the file's id, to be sent with and then to be forgotten; TDLib has a name of its own for it
 */
export const uploadPaced = Effect.fn("uploadPaced")(function* <E>({ bytes, onProgress, path, take }: PacedUpload<E>) {
  const tdlib = yield* Tdlib
  const watch = yield* stallWatch(call)
  // Its own each time: TDLib remembers what it has generated under a name, and how far it had come.
  const conversion = `stash ${randomUUID()}`
  const begun = yield* Deferred.make<Td.updateFileGenerationStart>()
  const failed = yield* Deferred.make<never, TelegramError>()
  const nearlyAll = yield* Deferred.make<void>()
  let fileId: number | undefined
  let wasActive = false

  const look = (file: Td.file) => {
    if (file.id !== fileId) return
    watch.moved()
    onProgress(file.remote.uploaded_size)
    const { is_uploading_active: isActive, is_uploading_completed: isDone, uploaded_size: sent } = file.remote
    if (wasActive && !isActive && !isDone && sent < bytes)
      Deferred.doneUnsafe(failed, Effect.fail(telegramError(call, { message: "TDLib stopped the upload" })))
    if (sent >= bytes - LARGEST_PART) Deferred.doneUnsafe(nearlyAll, Effect.void)
    wasActive = isActive
  }
  yield* tdlib.onUpdate((update) => {
    if (update._ === "updateFile") look(update.file)
    if (update._ === "updateFileGenerationStart" && update.conversion === conversion)
      Deferred.doneUnsafe(begun, Effect.succeed(update))
  })

  const grow = Effect.gen(function* () {
    const { destination_path: destination, generation_id: id } = yield* Deferred.await(begun)
    yield* linkTo(path, destination)
    // The last byte is kept back: TDLib must hear that the file is whole before it has sent all of it.
    for (let ready = 0; ready < bytes - 1; ) {
      const taken = yield* take(bytes - ready)
      watch.moved()
      ready = Math.min(bytes - 1, ready + (taken ?? bytes))
      yield* tdlib.invoke({
        _: "setFileGenerationProgress",
        generation_id: id,
        expected_size: bytes,
        local_prefix_size: ready,
      })
    }
    // The file gets its final name now: parts that are on their way would be sent once more.
    yield* Deferred.await(nearlyAll)
    yield* tdlib.invoke({ _: "finishFileGeneration", generation_id: id })
  })
  const cancel = Effect.suspend(() =>
    fileId === undefined
      ? Effect.void
      : Effect.ignore(tdlib.invoke({ _: "cancelPreliminaryUploadFile", file_id: fileId }, 5)).pipe(
          Effect.andThen(forgetDownload(fileId)),
        ),
  )
  return yield* Effect.gen(function* () {
    const file = yield* tdlib.invoke({
      _: call,
      file: { _: "inputFileGenerated", original_path: path, conversion, expected_size: bytes },
      file_type: { _: "fileTypeDocument" },
      priority: 1,
    })
    fileId = file.id
    look(file)
    yield* Effect.raceFirst(grow, Effect.raceFirst(Deferred.await(failed), watch.stalled))
    return file.id
  }).pipe(Effect.onError(() => cancel))
}, Effect.scoped)
