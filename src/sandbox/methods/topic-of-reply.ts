import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import { GENERAL_TOPIC_ID } from "../state/topics.ts"
import { RpcError } from "./rpc-error.ts"

/**
 * The topic of a forum that a message is sent to: the one named, else that of the message it replies to, else General, for
 * which it is undefined (core.telegram.org/api/forum#forum-topics). Throws 400 TOPIC_DELETED, and TOPIC_CLOSED where the
 * sender may not write in a closed topic.
 */
export const topicOfReply = (
  channel: Channel,
  replyTo: Wire<tl.TypeInputReplyTo> | undefined,
  sender: Account,
): number | undefined => {
  if (!channel.properties.isForum) return undefined
  const { topics } = channel
  let id = GENERAL_TOPIC_ID
  if (replyTo?._ === "inputReplyToMessage") {
    const repliedTo = channel.message(replyTo.replyToMsgId)
    id = replyTo.topMsgId ?? (repliedTo === undefined ? GENERAL_TOPIC_ID : topics.topicIdOf(repliedTo))
  }
  const topic = topics.get(id)
  if (topic === undefined) throw new RpcError(400, "TOPIC_DELETED")
  const isOwn = topic.creator === sender && id !== GENERAL_TOPIC_ID
  if (topic.isClosed && !isOwn && !channel.members.mayAsAdmin(sender, "manageTopics")) {
    throw new RpcError(400, "TOPIC_CLOSED")
  }
  return id === GENERAL_TOPIC_ID ? undefined : id
}
