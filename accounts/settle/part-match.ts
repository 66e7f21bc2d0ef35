import type { Publication, PublicationPart } from "../../db/journal.ts"
import { captionTag, isSameTag, parseCaptionTag } from "../ingest/caption-tag.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"

/** Publications without caption tags are recognised by what their messages hold. */
export const isTagged = ({ tag }: Publication): boolean => tag !== ""

const carriesTag = ({ caption }: ChannelMessage, { contentHash, parts }: Publication, part: number): boolean => {
  const tag = parseCaptionTag(caption)
  return tag !== undefined && isSameTag(tag, captionTag(contentHash, part, parts.length))
}

/** Whether a message that TDLib has not sent yet is the one that delivers this part. */
export const isUnsentPart = (message: ChannelMessage, publication: Publication, part: PublicationPart): boolean => {
  if (message.sending !== "pending" || message.chatId !== publication.destChatId) return false
  if (isTagged(publication)) return carriesTag(message, publication, part.part)
  return message.content._tag === "Document" && message.content.path === part.path
}

/**
 * Whether a message of the destination may be this part: by its tag for sure, without one by name and size, which
 * another file can have too.
 */
export const mayBePart = (message: ChannelMessage, publication: Publication, part: PublicationPart): boolean => {
  const { content, isForwarded, sending } = message
  // The worker forwards nothing: what a person forwarded with our caption is none of ours.
  if (sending !== "sent" || isForwarded || content._tag !== "Document" || content.bytes !== part.bytes) return false
  return isTagged(publication) ? carriesTag(message, publication, part.part) : content.fileName === part.name
}
