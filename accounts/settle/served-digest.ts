import * as Effect from "effect/Effect"
import { Supervisor } from "../supervisor-client.ts"
import { downloadFile, forgetDownload } from "../telegram/download.ts"
import { telegramError } from "../telegram/telegram-error.ts"

/** Behind everything that brings new archives home. */
const PRIORITY = 4

/**
 * SHA-256 of a file as Telegram serves it, in hexadecimal: downloads it, digests it in the pool, and forgets the copy. A
 * file that TDLib still has on this disk is not downloaded again.
 * Fails with `TelegramError`; a digest that cannot be computed is one of kind `refused`.
 */
export const servedDigest = Effect.fn("servedDigest")(function* (fileId: number) {
  const supervisor = yield* Supervisor
  const take = (wantedBytes: number) =>
    supervisor
      .takeBandwidth("down", wantedBytes)
      .pipe(Effect.mapError((error) => telegramError("downloadFile", { message: `no bandwidth: ${error.message}` })))
  const path = yield* downloadFile({ fileId, priority: PRIORITY, onProgress: () => {}, take })
  const digest = supervisor.digest({ volumes: [{ path, pieceBytes: null }], listTar: false }, () => Effect.void)
  return yield* digest.pipe(
    Effect.map(({ contentHash }) => contentHash),
    Effect.mapError((error) => telegramError("downloadFile", { message: `no digest: ${error.message}` })),
    Effect.ensuring(forgetDownload(fileId)),
  )
})
