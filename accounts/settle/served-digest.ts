import * as Effect from "effect/Effect"
import { Supervisor } from "../supervisor-client.ts"
import { downloadFile, forgetDownload } from "../telegram/download.ts"
import { alone } from "../telegram/download-goal.ts"
import { telegramError } from "../telegram/telegram-error.ts"

/** Behind everything that brings new archives home. */
const PRIORITY = 4

/**
 * SHA-256 of files as Telegram serves them, one after the other as if they were one, in hexadecimal: downloads them, digests
 * them in the pool, and forgets the copies. A file that TDLib still has on this disk is not downloaded again.
 * Fails with `TelegramError`; a digest that cannot be computed is one of kind `refused`.
 */
export const servedDigest = Effect.fn("servedDigest")(function* (fileIds: ReadonlyArray<number>) {
  const supervisor = yield* Supervisor
  const take = (wantedBytes: number) =>
    supervisor
      .takeBandwidth("down", wantedBytes)
      .pipe(Effect.mapError((error) => telegramError("downloadFile", { message: `no bandwidth: ${error.message}` })))
  const download = (fileId: number) => downloadFile({ fileId, share: alone(PRIORITY), onProgress: () => {}, take })
  const digest = Effect.fn("digestFiles")(function* () {
    const volumes = (yield* Effect.forEach(fileIds, download)).map((path) => ({ path, pieceBytes: null }))
    return yield* supervisor
      .digest({ volumes, listTar: false }, () => Effect.void)
      .pipe(
        Effect.map(({ contentHash }) => contentHash),
        Effect.mapError((error) => telegramError("downloadFile", { message: `no digest: ${error.message}` })),
      )
  })
  return yield* digest().pipe(Effect.ensuring(Effect.forEach(fileIds, forgetDownload, { discard: true })))
})
