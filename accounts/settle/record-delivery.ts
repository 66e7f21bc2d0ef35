import * as Effect from "effect/Effect"
import { confirmPart, type Publication, type PublicationPart } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { captionTag } from "../ingest/caption-tag.ts"
import type { Delivered } from "../telegram/send.ts"
import { telegramError } from "../telegram/telegram-error.ts"
import { removeIfSurplus } from "./surplus.ts"

/**
 * The commit point of a part: writes its final message id into the journal. False when the publication is no longer
 * this account's; the message is then removed if it is one too many.
 * Fails with kind `refused` when the server holds another number of bytes than were to be sent: such a message is
 * recorded by nobody, and the part is sent again.
 */
export const recordDelivery = Effect.fn("recordDelivery")(function* (
  publication: Publication,
  part: PublicationPart,
  delivered: Delivered,
) {
  const { contentHash, destChatId, parts, token } = publication
  const { messageId } = delivered
  if (delivered.bytes !== part.bytes) {
    return yield* telegramError("sendMessage", {
      message: `the server holds ${delivered.bytes} bytes of ${part.name}, which has ${part.bytes}`,
    })
  }
  if (delivered.fileName !== part.name)
    yield* logEvent.warn("part.renamed", "Telegram shows a part under another name", {
      hash: contentHash,
      part: part.part,
      name: part.name,
      shown: delivered.fileName,
    })
  if (yield* confirmPart({ contentHash, token, part: part.part, destMessageId: messageId })) return true
  const { hashPrefix } = captionTag(contentHash, part.part, parts.length)
  yield* removeIfSurplus({ hashPrefix, part: part.part, destChatId, messageId })
  return false
})
