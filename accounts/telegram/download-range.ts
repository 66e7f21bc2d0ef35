import * as Effect from "effect/Effect"
import { Tdlib } from "./tdlib.ts"

export interface RangeOptions {
  readonly fileId: number
  readonly offset: number
  /** At most a few 100 KB: they cross the interface to TDLib as text. */
  readonly bytes: number
  /** 1 to 32, as for `downloadFile`. */
  readonly priority: number
}

/** Two round trips of the slowest link, and a reconnection. */
const TIME_LIMIT_SECONDS = 30

/**
 * Fetches `bytes` bytes at `offset` of a file of Telegram. TDLib downloads the parts that hold them, keeps those, and
 * does not fetch them again when the whole file is downloaded later.
 *
 * One range of a file at a time: TDLib drops an older request for another range of the same file.
 * Fails with `TelegramError`, kind `timeout` after half a minute. Interruption cancels the download.
 */
export const downloadRange = Effect.fn("downloadRange")(function* ({ bytes, fileId, offset, priority }: RangeOptions) {
  const tdlib = yield* Tdlib
  const cancel = Effect.ignore(tdlib.invoke({ _: "cancelDownloadFile", file_id: fileId, only_if_pending: false }, 5))
  // Synchronous: TDLib answers when the range is there.
  const download = tdlib.invoke(
    { _: "downloadFile", file_id: fileId, priority, offset, limit: bytes, synchronous: true },
    TIME_LIMIT_SECONDS,
  )
  yield* download.pipe(
    Effect.catchIf(
      (error) => error.kind === "refused",
      (error) => Effect.flatMap(tdlib.explain(error), Effect.fail),
    ),
    Effect.onError(() => cancel),
  )
  const { data } = yield* tdlib.invoke({ _: "readFilePart", file_id: fileId, offset, count: bytes })
  return new Uint8Array(Buffer.from(data, "base64"))
})
