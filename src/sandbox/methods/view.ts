import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { Forward } from "../state/message.ts"
import { namedAccounts } from "./named-accounts.ts"
import { viewChannel } from "./view-channel.ts"
import { viewEntities } from "./view-entities.ts"
import { viewMedia, viewPhoto } from "./view-file.ts"
import { viewTopicsOf } from "./view-topic.ts"

/** The present as Telegram dates it: Unix seconds. */
export const unixSeconds = (): number => Math.floor(Date.now() / 1000)

/** A user as this account sees it. */
export const viewUser = (user: Account, viewer: Account | undefined): Wire<tl.RawUser> => ({
  _: "user",
  self: user === viewer,
  id: user.id,
  accessHash: user.accessHash,
  firstName: user.firstName,
  lastName: user.lastName === "" ? undefined : user.lastName,
  phone: user === viewer ? user.phone : undefined,
  premium: user.premium,
  status: { _: "userStatusRecently" },
})

/**
 * How a message says which topic it is in and what it replies to: nothing for General without a reply
 * (core.telegram.org/api/forum#forum-topics).
 */
const viewReplyHeader = ({ topicId, replyToId }: Message): Wire<tl.RawMessageReplyHeader> | undefined => {
  if (topicId === undefined) {
    return replyToId === undefined ? undefined : { _: "messageReplyHeader", replyToMsgId: replyToId }
  }
  return replyToId === undefined
    ? { _: "messageReplyHeader", forumTopic: true, replyToMsgId: topicId }
    : { _: "messageReplyHeader", forumTopic: true, replyToMsgId: replyToId, replyToTopId: topicId }
}

/** Where a message was forwarded from: the channel and its post, or the author of a supergroup's message. */
const viewForward = ({ channel, messageId, author, date }: Forward): Wire<tl.RawMessageFwdHeader> =>
  author === undefined
    ? {
        _: "messageFwdHeader",
        fromId: { _: "peerChannel", channelId: channel.properties.id },
        date,
        channelPost: messageId,
      }
    : { _: "messageFwdHeader", fromId: { _: "peerUser", userId: author.id }, date }

const viewAction = ({ action, file }: Message): Wire<tl.TypeMessageAction> =>
  action?._ === "messageActionChatEditPhoto" && file !== undefined
    ? { _: "messageActionChatEditPhoto", photo: viewPhoto(file) }
    : (action as Wire<tl.TypeMessageAction>)

export const viewMessage = (channel: Channel, message: Message, viewer: Account): Wire<tl.TypeMessage> => {
  const { id, kind, title } = channel.properties
  const peerId: Wire<tl.RawPeerChannel> = { _: "peerChannel", channelId: id }
  const isPost = kind === "channel"
  if (message.isDeleted) return { _: "messageEmpty", id: message.id, peerId }
  if (message.isCreation) {
    return {
      _: "messageService",
      post: isPost,
      id: message.id,
      peerId,
      date: message.date,
      action: { _: "messageActionChannelCreate", title },
    }
  }
  const common = {
    post: isPost,
    out: message.from === viewer,
    id: message.id,
    fromId: isPost || message.from === undefined ? undefined : { _: "peerUser" as const, userId: message.from.id },
    peerId,
    replyTo: viewReplyHeader(message),
    date: message.date,
  }
  if (message.action !== undefined) return { _: "messageService", ...common, action: viewAction(message) }
  return {
    _: "message",
    ...common,
    pinned: message.isPinned === true,
    fwdFrom: message.forward === undefined ? undefined : viewForward(message.forward),
    message: message.text,
    entities: viewEntities(message.text, message.entities),
    media: message.file === undefined ? undefined : viewMedia(message.file),
    groupedId: message.albumId,
    views: isPost ? 1 : undefined,
    forwards: isPost ? channel.forwardsOf(message.id) : undefined,
    editDate: message.editDate,
    noforwards: channel.properties.isProtected,
  }
}

/** The users that these messages come from, and others. */
export const usersOf = (
  messages: readonly Message[],
  viewer: Account,
  others: readonly Account[] = [],
): Wire<tl.TypeUser>[] => {
  const senders = messages.flatMap(({ from, forward }) => [from ?? [], forward?.author ?? []].flat())
  return [...new Set([...senders, ...others])].map((user) => viewUser(user, viewer))
}

/** These channels, and those that their messages were forwarded from. */
export const chatsOf = (
  channels: readonly Channel[],
  messages: readonly Message[],
  viewer: Account,
): Wire<tl.TypeChat>[] =>
  [...new Set([...channels, ...messages.flatMap(({ forward }) => forward?.channel ?? [])])].map((channel) =>
    viewChannel(channel, viewer),
  )

/** A dialog; every message in it counts as read. */
export const viewDialog = (channel: Channel, viewer: Account): Wire<tl.RawDialog> => {
  const top = channel.topFor(viewer)?.id ?? 0
  return {
    _: "dialog",
    peer: { _: "peerChannel", channelId: channel.properties.id },
    topMessage: top,
    readInboxMaxId: top,
    readOutboxMaxId: 0,
    unreadCount: 0,
    unreadMentionsCount: 0,
    unreadReactionsCount: 0,
    notifySettings: { _: "peerNotifySettings" },
    pts: channel.pts,
    // 1 is the archive (core.telegram.org/api/folders#peer-folders).
    folderId: channel.archivedBy.has(viewer) ? 1 : undefined,
  }
}

/** Messages of one channel as a history or search answer; count: how many there are in all. */
export const viewMessages = (
  channel: Channel,
  messages: readonly Message[],
  count: number,
  viewer: Account,
): Wire<tl.messages.RawChannelMessages> => ({
  _: "messages.channelMessages",
  pts: channel.pts,
  count,
  messages: messages.map((message) => viewMessage(channel, message, viewer)),
  topics: viewTopicsOf(channel, messages, viewer),
  chats: chatsOf([channel], messages, viewer),
  users: usersOf(messages, viewer, namedAccounts(channel, messages)),
})

/** Updates about one channel. */
export const viewUpdates = (
  channel: Channel,
  updates: Wire<tl.TypeUpdate>[],
  messages: readonly Message[],
  viewer: Account,
): Wire<tl.RawUpdates> => ({
  _: "updates",
  updates,
  users: usersOf(messages, viewer, namedAccounts(channel, messages)),
  chats: chatsOf([channel], messages, viewer),
  date: unixSeconds(),
  seq: 0,
})

/** The account-wide counters. Nothing outside channels happens here, so they never move. */
export const viewState = (): Wire<tl.updates.RawState> => ({
  _: "updates.state",
  pts: 1,
  qts: 0,
  date: unixSeconds(),
  seq: 0,
  unreadCount: 0,
})
