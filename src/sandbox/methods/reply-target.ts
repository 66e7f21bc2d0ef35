import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Channel } from "../state/channel.ts"

/**
 * The message that a client's message answers; undefined for none, and for one that is not or no longer there, which the
 * real server leaves out as well. A topic of a forum is named by the message that made it, which is no reply.
 */
export const replyTargetOf = (
  channel: Channel,
  replyTo: Wire<tl.TypeInputReplyTo> | undefined,
  topicId: number | undefined,
): number | undefined => {
  if (replyTo?._ !== "inputReplyToMessage" || replyTo.replyToMsgId === topicId) return undefined
  const message = channel.message(replyTo.replyToMsgId)
  return message === undefined || message.isDeleted ? undefined : message.id
}
