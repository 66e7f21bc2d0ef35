import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Destination } from "../../db/channels.ts"
import { beginSweeps, destinationsSoFar, noteSwept, sweptThrough } from "../../db/deliveries.ts"
import { forgetLeftovers, leftoversIn } from "../../db/leftovers.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { parseCaptionTag, TAG_WORD } from "../ingest/caption-tag.ts"
import { newestMessageId, searchTagged } from "../telegram/history.ts"
import { deleteMessages } from "../telegram/send.ts"
import { removeIfSurplus } from "./surplus.ts"

/** Deletes what belongs to no package any more: parts of a set that was given up, messages of a package to be sent anew. */
const deleteLeftovers = Effect.fn("deleteLeftovers")(function* ({ channelId, chatId }: Destination) {
  const messageIds = yield* leftoversIn(channelId)
  if (messageIds.length === 0) return
  yield* deleteMessages(chatId, messageIds)
  yield* forgetLeftovers(channelId, messageIds)
  yield* logEvent.info("leftovers.deleted", `Deleted ${messageIds.length} messages that no package needs`, {
    messageIds,
  })
})

/** An account that may not delete them leaves them to another one; the sweep itself goes on. */
const deleteLeftoversIfAllowed = (destination: Destination) =>
  deleteLeftovers(destination).pipe(
    Effect.catchIf(
      (error) => error._tag === "TelegramError" && error.kind !== "closed",
      (error) =>
        logEvent.warn("leftovers.kept", "Messages that no package needs could not be deleted", {
          error: error.message,
        }),
    ),
  )

/**
 * Looks through what came to the destination since the last sweep and removes what is one too many: a request of an
 * account that died may reach the server long after another account has published the content. Message ids only grow,
 * so whatever comes late is seen by the next sweep; a message whose part is still being published is looked at again.
 *
 * The first sweep only notes where the destination ends: nothing of ours lies before it.
 */
export const sweepDestination = Effect.fn("sweepDestination")(function* (destination: Destination) {
  const { channelId, chatId } = destination
  yield* deleteLeftoversIfAllowed(destination)
  const from = yield* sweptThrough(channelId)
  if (Option.isNone(from)) return yield* beginSweeps(channelId, yield* newestMessageId(chatId))
  const messages = yield* searchTagged(chatId, from.value, TAG_WORD)
  if (messages.length > 0) yield* reach("sweep.found")
  let through = from.value
  let isDecided = true
  for (const message of messages.toReversed()) {
    const isOurs = message.sending === "sent" && !message.isForwarded
    const tag = isOurs ? parseCaptionTag(message.caption) : undefined
    if (tag !== undefined) {
      const { hashPrefix, part } = tag
      const standing = yield* removeIfSurplus({ hashPrefix, part, destChatId: chatId, messageId: message.id })
      if (standing === "unknown")
        yield* logEvent.warn("message.unknown", "The destination holds a part of a content that the library lacks", {
          hash: hashPrefix,
          messageId: message.id,
        })
      if (standing === "open") isDecided = false
    }
    if (isDecided && message.sending === "sent") through = message.id
  }
  if (through > from.value) yield* noteSwept(channelId, through)
  yield* reach("sweep.done")
})

/** The destination, and the former ones: what was on its way when the operator chose another one may arrive there. */
export const destinationsToSweep = Effect.fn("destinationsToSweep")(function* (current: Destination) {
  const former = (yield* destinationsSoFar()).filter(({ channelId }) => channelId !== current.channelId)
  return [current, ...former]
})
