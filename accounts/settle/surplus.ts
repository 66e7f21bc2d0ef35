import * as Effect from "effect/Effect"
import { type Standing, standingOf, type TaggedMessage } from "../../db/deliveries.ts"
import { logEvent } from "../../src/log-line.ts"
import { deleteMessages } from "../telegram/send.ts"

/**
 * Deletes a message from the destination if its part is recorded as another message: then it is one too many (P4), and
 * stays so. A message that nobody has recorded is left alone, because whoever publishes the content may be about to.
 * @returns what the message is to the library
 */
export const removeIfSurplus = Effect.fn("removeIfSurplus")(function* (message: TaggedMessage) {
  const standing: Standing = yield* standingOf(message)
  if (standing !== "surplus") return standing
  yield* deleteMessages(message.destChatId, [message.messageId])
  yield* logEvent.warn("message.surplus", "Removed a message that was one too many", {
    hash: message.hashPrefix,
    part: message.part,
    messageId: message.messageId,
  })
  return standing
})
