import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { DEFAULT_ICON_COLOR, GENERAL_TOPIC_ID, type Topic } from "../state/topics.ts"
import type { Announcements } from "./announcements.ts"
import { viewNewMessages } from "./announcements.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import { namedAccounts } from "./named-accounts.ts"
import { channelOf } from "./peers.ts"
import { mayAsMember } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import { usersOf, viewMessage, viewUpdates } from "./view.ts"
import { viewChannel } from "./view-channel.ts"
import { topOfTopic, viewTopic } from "./view-topic.ts"

/** The most topics that one answer holds. */
const MAX_PAGE = 100
const MAX_TITLE = 128
/** How many messages channels.deleteTopicHistory deletes in one call. */
const MAX_DELETED = 1000

/** Throws 400 CHANNEL_FORUM_MISSING for a channel without topics. */
const forumOf = (telegram: Telegram, peer: Parameters<typeof channelOf>[1], viewer: Account): Channel => {
  const channel = channelOf(telegram, peer, viewer)
  if (!channel.properties.isForum) throw new RpcError(400, "CHANNEL_FORUM_MISSING")
  return channel
}

const topicOf = (channel: Channel, id: number): Topic => {
  const topic = channel.topics.get(id)
  if (topic === undefined) throw new RpcError(400, "TOPIC_ID_INVALID")
  return topic
}

/** Throws 403 CHAT_WRITE_FORBIDDEN unless the account may change this topic: it made it, or manages topics. */
const requireMayManage = (channel: Channel, topic: Topic, account: Account): void => {
  if (channel.members.mayAsAdmin(account, "manageTopics")) return
  if (topic.creator === account && channel.members.has(account)) return
  throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
}

/** Forums and their topics (core.telegram.org/api/forum). */
export const forumMethods = (telegram: Telegram, announcements: Announcements) => {
  const viewTopics = (channel: Channel, topics: readonly Topic[], count: number, viewer: Account) => {
    const tops = topics.flatMap((topic) => topOfTopic(channel, topic, viewer) ?? [])
    return {
      _: "messages.forumTopics" as const,
      count,
      topics: topics.map((topic) => viewTopic(channel, topic, viewer)),
      messages: tops.map((message) => viewMessage(channel, message, viewer)),
      chats: [viewChannel(channel, viewer)],
      users: usersOf(tops, viewer, [
        ...namedAccounts(channel, tops),
        ...topics.flatMap(({ creator }) => creator ?? []),
      ]),
      pts: channel.pts,
    }
  }

  const post = (channel: Channel, draft: Parameters<Telegram["post"]>[1][number], call: Call): readonly Message[] => {
    const posted = telegram.post(channel, [draft])
    announcements.posted(channel, posted, call.authKey)
    return posted
  }

  const pin = (channel: Channel, topicIds: readonly number[], call: Call) => {
    const viewer = callerOf(call)
    if (!channel.members.mayAsAdmin(viewer, "manageTopics")) throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
    telegram.commit({ type: "topics-pinned", channel: channel.properties.name, topicIds: [...topicIds] })
    const update = {
      _: "updatePinnedForumTopics" as const,
      peer: { _: "peerChannel" as const, channelId: channel.properties.id },
      order: [...channel.topics.pinned],
    }
    announcements.tell(
      channel,
      (account) => channel.isChatOf(account),
      () => [update],
      call.authKey,
    )
    return viewUpdates(channel, [update], [], viewer)
  }

  return {
    "messages.getForumTopics": ({ peer, q, offsetDate, offsetId, offsetTopic, limit }, call) => {
      const viewer = callerOf(call)
      const channel = forumOf(telegram, peer, viewer)
      const { pinned } = channel.topics
      const dateOf = (topic: Topic): number => topOfTopic(channel, topic, viewer)?.date ?? topic.date
      const topOf = (topic: Topic): number => topOfTopic(channel, topic, viewer)?.id ?? topic.id
      const place = (topic: Topic): number => (pinned.includes(topic.id) ? pinned.indexOf(topic.id) : pinned.length)
      const sought = (q ?? "").toLowerCase()
      const sorted = channel.topics
        .all()
        .filter((topic) => topic.title.toLowerCase().includes(sought))
        .sort((a, b) => place(a) - place(b) || dateOf(b) - dateOf(a) || topOf(b) - topOf(a) || b.id - a.id)
      // The offset names the last topic of the page before; where that has moved or is gone, its date and message say.
      const last = offsetTopic === 0 ? -1 : sorted.findIndex((topic) => topic.id === offsetTopic)
      const rest =
        last >= 0 || offsetDate === 0
          ? sorted.slice(last + 1)
          : sorted.filter(
              (topic) => dateOf(topic) < offsetDate || (dateOf(topic) === offsetDate && topOf(topic) < offsetId),
            )
      return viewTopics(channel, rest.slice(0, Math.min(Math.max(limit, 1), MAX_PAGE)), sorted.length, viewer)
    },
    "messages.getForumTopicsByID": ({ peer, topics: ids }, call) => {
      const viewer = callerOf(call)
      const channel = forumOf(telegram, peer, viewer)
      const known = ids.flatMap((id) => channel.topics.get(id) ?? [])
      const answer = viewTopics(channel, known, known.length, viewer)
      const deleted = ids.filter((id) => channel.topics.get(id) === undefined)
      return {
        ...answer,
        topics: [...answer.topics, ...deleted.map((id) => ({ _: "forumTopicDeleted" as const, id }))],
      }
    },
    "messages.createForumTopic": ({ peer, title, iconColor, iconEmojiId, randomId }, call) => {
      const viewer = callerOf(call)
      const channel = forumOf(telegram, peer, viewer)
      if (!mayAsMember(channel, viewer, "manageTopics") && !channel.members.mayAsAdmin(viewer, "manageTopics")) {
        throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
      }
      const trimmed = title.trim().slice(0, MAX_TITLE)
      if (trimmed === "") throw new RpcError(400, "TOPIC_TITLE_EMPTY")
      const sent = telegram.sentWith(viewer, randomId)
      const action = {
        _: "messageActionTopicCreate",
        title: trimmed,
        iconColor: iconColor ?? DEFAULT_ICON_COLOR,
        ...(iconEmojiId === undefined ? {} : { iconEmojiId }),
      }
      const posted =
        sent?.channel === channel ? [sent.message] : post(channel, { text: "", from: viewer, randomId, action }, call)
      return viewUpdates(
        channel,
        [
          ...posted.map(({ id }) => ({ _: "updateMessageID" as const, id, randomId })),
          ...viewNewMessages(channel, posted, viewer),
        ],
        posted,
        viewer,
      )
    },
    "messages.editForumTopic": ({ peer, topicId, title, iconEmojiId, closed, hidden }, call) => {
      const viewer = callerOf(call)
      const channel = forumOf(telegram, peer, viewer)
      const topic = topicOf(channel, topicId)
      requireMayManage(channel, topic, viewer)
      if (hidden !== undefined && topicId !== GENERAL_TOPIC_ID) throw new RpcError(400, "TOPIC_ID_INVALID")
      const isSame =
        (title ?? topic.title) === topic.title &&
        (iconEmojiId ?? topic.iconEmojiId) === topic.iconEmojiId &&
        (closed ?? topic.isClosed) === topic.isClosed &&
        (hidden ?? topic.isHidden) === topic.isHidden
      if (isSame) throw new RpcError(400, "TOPIC_NOT_MODIFIED")
      telegram.commit({
        type: "topic-changed",
        channel: channel.properties.name,
        topicId,
        change: {
          ...(title === undefined ? {} : { title }),
          ...(iconEmojiId === undefined ? {} : { iconEmojiId: String(iconEmojiId) }),
          // General is closed when it is hidden, and opened when it is shown (core.telegram.org/api/forum).
          ...(closed === undefined && hidden === undefined ? {} : { isClosed: closed ?? hidden === true }),
          ...(hidden === undefined ? {} : { isHidden: hidden }),
        },
      })
      const action = {
        _: "messageActionTopicEdit",
        ...(title === undefined ? {} : { title }),
        ...(iconEmojiId === undefined ? {} : { iconEmojiId }),
        ...(closed === undefined ? {} : { closed }),
        ...(hidden === undefined ? {} : { hidden }),
      }
      const inTopic = topicId === GENERAL_TOPIC_ID ? {} : { topicId }
      const posted = post(channel, { text: "", from: viewer, action, ...inTopic }, call)
      return viewUpdates(channel, viewNewMessages(channel, posted, viewer), posted, viewer)
    },
    "messages.updatePinnedForumTopic": ({ peer, topicId, pinned }, call) => {
      const channel = forumOf(telegram, peer, callerOf(call))
      topicOf(channel, topicId)
      const others = channel.topics.pinned.filter((id) => id !== topicId)
      return pin(channel, pinned ? [topicId, ...others] : others, call)
    },
    "messages.reorderPinnedForumTopics": ({ peer, order }, call) =>
      pin(forumOf(telegram, peer, callerOf(call)), order, call),
    "messages.deleteTopicHistory": ({ peer, topMsgId }, call) => {
      const viewer = callerOf(call)
      const channel = forumOf(telegram, peer, viewer)
      topicOf(channel, topMsgId)
      if (!channel.members.mayAsAdmin(viewer, "deleteMessages") || topMsgId === GENERAL_TOPIC_ID) {
        throw new RpcError(400, "CHAT_ADMIN_REQUIRED")
      }
      const ids = channel.topics.messagesOf(topMsgId).of("any")
      // The message that made the topic goes last, so that a client that has to call again still names the topic.
      const deleted = telegram.delete(channel, ids.slice(-MAX_DELETED))
      announcements.deleted(channel, deleted, call.authKey)
      return {
        _: "messages.affectedHistory",
        pts: channel.pts,
        ptsCount: deleted.length,
        offset: ids.length > MAX_DELETED ? 1 : 0,
      }
    },
    "messages.readDiscussion": () => true,
  } satisfies Methods
}
