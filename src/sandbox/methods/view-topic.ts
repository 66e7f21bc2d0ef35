import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Topic } from "../state/topics.ts"

/** The newest message of a topic that an account may see; the one that made the topic where there is none. */
export const topOfTopic = (channel: Channel, topic: Topic, viewer: Account): Message | undefined => {
  const top = channel.topics.messagesOf(topic.id).top ?? 0
  return channel.message(top > channel.hiddenUpTo(viewer) ? top : topic.id)
}

/** A topic; every message in it counts as read. */
export const viewTopic = (channel: Channel, topic: Topic, viewer: Account): Wire<tl.RawForumTopic> => {
  const top = topOfTopic(channel, topic, viewer)?.id ?? topic.id
  return {
    _: "forumTopic",
    my: topic.creator === viewer,
    closed: topic.isClosed,
    pinned: channel.topics.pinned.includes(topic.id),
    hidden: topic.isHidden,
    id: topic.id,
    date: topic.date,
    peer: { _: "peerChannel", channelId: channel.properties.id },
    title: topic.title,
    iconColor: topic.iconColor,
    iconEmojiId: topic.iconEmojiId,
    topMessage: top,
    readInboxMaxId: top,
    readOutboxMaxId: 0,
    unreadCount: 0,
    unreadMentionsCount: 0,
    unreadReactionsCount: 0,
    fromId:
      topic.creator === undefined
        ? { _: "peerChannel", channelId: channel.properties.id }
        : { _: "peerUser", userId: topic.creator.id },
    notifySettings: { _: "peerNotifySettings" },
  }
}

/** The topics that these messages of a forum belong to, which a client has to learn of with them. */
export const viewTopicsOf = (
  channel: Channel,
  messages: readonly Message[],
  viewer: Account,
): Wire<tl.RawForumTopic>[] => {
  if (!channel.properties.isForum) return []
  const ids = new Set(messages.map((message) => channel.topics.topicIdOf(message)))
  return [...ids].flatMap((id) => {
    const topic = channel.topics.get(id)
    return topic === undefined ? [] : [viewTopic(channel, topic, viewer)]
  })
}
