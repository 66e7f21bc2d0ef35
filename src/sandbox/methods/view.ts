import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import { type ImageSize, imageSize } from "../state/image-size.ts"
import type { StoredFile } from "../state/stored-file.ts"
import { viewChannel } from "./view-channel.ts"
import { viewTopicsOf } from "./view-topic.ts"

/** The data centre that everything is on. */
export const DATA_CENTRE = 1

/** What is shown for a photo whose bytes are no image. */
const DEFAULT_IMAGE_SIZE: ImageSize = { width: 320, height: 320 }
/** A photo at most this wide and high is size "m", a larger one "x" (core.telegram.org/api/files#image-thumbnail-types). */
const MEDIUM_PHOTO_PIXELS = 320

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

export const viewDocument = (file: StoredFile): Wire<tl.RawDocument> => ({
  _: "document",
  id: file.id,
  accessHash: file.accessHash,
  fileReference: file.reference,
  date: file.date,
  mimeType: file.mimeType,
  size: file.content.bytes,
  dcId: DATA_CENTRE,
  attributes: [
    ...(file.attributes as readonly Wire<tl.TypeDocumentAttribute>[]),
    { _: "documentAttributeFilename", fileName: file.name },
  ],
})

export const viewPhoto = (file: StoredFile): Wire<tl.RawPhoto> => {
  const { width, height } = imageSize(file.content) ?? DEFAULT_IMAGE_SIZE
  const type = Math.max(width, height) <= MEDIUM_PHOTO_PIXELS ? "m" : "x"
  return {
    _: "photo",
    id: file.id,
    accessHash: file.accessHash,
    fileReference: file.reference,
    date: file.date,
    sizes: [{ _: "photoSize", type, w: width, h: height, size: file.content.bytes }],
    dcId: DATA_CENTRE,
  }
}

/** A file as the medium of a message. */
export const viewMedia = (file: StoredFile): Wire<tl.TypeMessageMedia> =>
  file.kind === "photo"
    ? { _: "messageMediaPhoto", photo: viewPhoto(file) }
    : { _: "messageMediaDocument", document: viewDocument(file) }

/** How a message says which topic it is in: nothing for General (core.telegram.org/api/forum#forum-topics). */
const viewTopicHeader = ({ topicId }: Message): Wire<tl.RawMessageReplyHeader> | undefined =>
  topicId === undefined ? undefined : { _: "messageReplyHeader", forumTopic: true, replyToMsgId: topicId }

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
  const fromId: Wire<tl.TypePeer> | undefined =
    isPost || message.from === undefined ? undefined : { _: "peerUser", userId: message.from.id }
  if (message.action !== undefined) {
    return {
      _: "messageService",
      post: isPost,
      out: message.from === viewer,
      id: message.id,
      fromId,
      peerId,
      replyTo: viewTopicHeader(message),
      date: message.date,
      action: message.action as Wire<tl.TypeMessageAction>,
    }
  }
  return {
    _: "message",
    post: isPost,
    out: message.from === viewer,
    id: message.id,
    fromId,
    peerId,
    replyTo: viewTopicHeader(message),
    date: message.date,
    message: message.text,
    entities:
      message.entities.length > 0 ? [...(message.entities as readonly Wire<tl.TypeMessageEntity>[])] : undefined,
    media: message.file === undefined ? undefined : viewMedia(message.file),
    groupedId: message.albumId,
    views: isPost ? 1 : undefined,
    forwards: isPost ? 0 : undefined,
    noforwards: channel.properties.isProtected,
  }
}

/** The users that these messages name. */
export const usersOf = (messages: readonly Message[], viewer: Account): Wire<tl.TypeUser>[] =>
  [...new Set(messages.flatMap((message) => message.from ?? []))].map((user) => viewUser(user, viewer))

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
  chats: [viewChannel(channel, viewer)],
  users: usersOf(messages, viewer),
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
  users: usersOf(messages, viewer),
  chats: [viewChannel(channel, viewer)],
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
