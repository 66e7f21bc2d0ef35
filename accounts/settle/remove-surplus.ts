import * as Effect from "effect/Effect"
import { isRecordedMessage, type Publication } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { deleteMessages } from "../telegram/send.ts"

/**
 * Removes a message that a late writer has put into the destination: somebody with a newer token has the publication,
 * so it is one too many (P4). Unless that somebody has found and recorded this very message: then it is the one.
 */
export const removeSurplus = Effect.fn("removeSurplus")(function* (publication: Publication, messageId: number) {
  const { contentHash, destChatId } = publication
  if (yield* isRecordedMessage({ contentHash, destMessageId: messageId })) return
  yield* deleteMessages(destChatId, [messageId])
  yield* logEvent.warn("message.surplus", "Removed a message that was one too many", { hash: contentHash, messageId })
})
