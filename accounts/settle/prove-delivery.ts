import * as Effect from "effect/Effect"
import type { Publication, PublicationPart } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { moveFile } from "../ingest/set-folder.ts"
import { type Delivered, deleteMessages } from "../telegram/send.ts"
import { telegramError } from "../telegram/telegram-error.ts"
import { servedDigest } from "./served-digest.ts"

/**
 * Downloads what the server holds of a part that was just delivered and compares it to the byte with what was meant. The
 * part's own file at `path` is put aside meanwhile, or TDLib would look at it instead of asking the server.
 * Fails with kind `refused` when it is something else: that message is deleted, and the part is sent again.
 */
export const proveDelivery = Effect.fn("proveDelivery")(function* (
  publication: Publication,
  part: PublicationPart,
  path: string,
  delivered: Delivered,
) {
  const aside = `${path}.sent`
  const served = yield* Effect.acquireUseRelease(
    moveFile(path, aside),
    () => servedDigest([delivered.fileId]),
    () => moveFile(aside, path),
  )
  const fields = { hash: publication.contentHash, part: part.part, messageId: delivered.messageId }
  if (served === part.sha256) return yield* logEvent.info("part.proven", "The server holds what was sent", fields)
  yield* logEvent.error("part.false", "The server holds other bytes than were sent; they are sent again", {
    ...fields,
    served,
    sent: part.sha256,
  })
  yield* deleteMessages(publication.destChatId, [delivered.messageId])
  return yield* telegramError("sendMessage", { message: `the server holds other bytes of ${part.name}` })
})
