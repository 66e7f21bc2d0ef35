import * as Effect from "effect/Effect"
import { confirmPart, type Publication, type PublicationPart } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { captionTag, isSameTag, parseCaptionTag } from "../ingest/caption-tag.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { searchTagged } from "../telegram/history.ts"

/** The oldest whole message that carries the tag of this part: the first delivery is the one that counts. */
const deliveryOf = (
  messages: ReadonlyArray<ChannelMessage>,
  publication: Publication,
  { bytes, part }: PublicationPart,
) => {
  const tag = captionTag(publication.contentHash, part, publication.parts.length)
  return messages.findLast(({ caption, content, isForwarded, sending }) => {
    const found = parseCaptionTag(caption)
    const isWhole = content._tag === "Document" && content.bytes === bytes
    return sending === "sent" && !isForwarded && isWhole && found !== undefined && isSameTag(found, tag)
  })
}

const adopt = Effect.fn("adopt")(function* (publication: Publication, part: PublicationPart, destMessageId: number) {
  const isOurs = yield* confirmPart({
    contentHash: publication.contentHash,
    token: publication.token,
    part: part.part,
    destMessageId,
  })
  if (!isOurs) return part
  yield* logEvent.info("part.adopted", "Found a part in the destination that had been delivered before", {
    hash: publication.contentHash,
    part: part.part,
    messageId: destMessageId,
  })
  return { ...part, destMessageId }
})

/**
 * Looks in the destination, after the message that was newest when the journal row was written, for parts that were
 * delivered though nobody wrote it down, and confirms them.
 * @returns the publication with those parts confirmed
 */
export const adoptDelivered = Effect.fn("adoptDelivered")(function* (publication: Publication) {
  const { afterMessageId, contentHash, destChatId } = publication
  const messages = yield* searchTagged(destChatId, afterMessageId, captionTag(contentHash, 1, 1).hashPrefix)
  const parts = yield* Effect.forEach(publication.parts, (part) => {
    const delivery = part.destMessageId === null ? deliveryOf(messages, publication, part) : undefined
    if (delivery === undefined) return Effect.succeed(part)
    return adopt(publication, part, delivery.id)
  })
  return { ...publication, parts }
})
