import * as Effect from "effect/Effect"
import { isRecorded } from "../../db/deliveries.ts"
import { confirmPart, type Publication, type PublicationPart } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { captionTag } from "../ingest/caption-tag.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { searchTagged } from "../telegram/history.ts"
import { isTagged, mayBePart } from "./part-match.ts"
import { servedDigest } from "./served-digest.ts"

/** Whether a look-alike is this part to the byte, and nobody else's message. */
const isProven = Effect.fn("isProven")(function* (
  { chatId, content, id }: ChannelMessage,
  { sha256 }: PublicationPart,
) {
  if (content._tag !== "Document" || sha256 === null || (yield* isRecorded(chatId, id))) return false
  return (yield* servedDigest([content.fileId])) === sha256
})

/**
 * The oldest whole message that is this part: the first delivery is the one that counts. Without a tag its bytes must
 * prove it.
 */
const deliveryOf = Effect.fn("deliveryOf")(function* (
  messages: ReadonlyArray<ChannelMessage>,
  publication: Publication,
  part: PublicationPart,
) {
  for (const message of messages.toReversed()) {
    if (!mayBePart(message, publication, part)) continue
    if (isTagged(publication) || (yield* isProven(message, part))) return message
  }
  return undefined
})

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
  const messagesWith = (text: string) => searchTagged(destChatId, afterMessageId, text)
  const tagged = isTagged(publication) ? yield* messagesWith(captionTag(contentHash, 1, 1).hashPrefix) : []
  const parts = yield* Effect.forEach(
    publication.parts,
    Effect.fn("lookForPart")(function* (part) {
      if (part.destMessageId !== null) return part
      const messages = isTagged(publication) ? tagged : yield* messagesWith(part.name)
      const delivery = yield* deliveryOf(messages, publication, part)
      return delivery === undefined ? part : yield* adopt(publication, part, delivery.id)
    }),
  )
  return { ...publication, parts }
})
