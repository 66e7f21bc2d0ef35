import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Td from "tdlib-types"
import { previewSizeOf } from "./photo-size.ts"

/** A file that a message carries. `fileId` lives only as long as this TDLib instance: never store it (W-4). */
const FileContent = Schema.Struct({
  fileId: Schema.Int,
  /** The same wherever this file was posted or forwarded, for every account (td_api: remoteFile.unique_id). */
  uniqueId: Schema.String,
  bytes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
})

const DocumentContent = Schema.TaggedStruct("Document", {
  ...FileContent.fields,
  /** Where TDLib has the file on this disk; empty when it does not. An unsent message has the path it was given. */
  path: Schema.String,
  fileName: Schema.String.check(Schema.isMaxLength(4096)),
})

const PhotoContent = Schema.TaggedStruct("Photo", FileContent.fields)

/** What the worker reads of a channel message. Ids are TDLib's (server id shifted left by 20). */
export const ChannelMessage = Schema.Struct({
  id: Schema.Int,
  chatId: Schema.Int,
  /** Unix seconds. */
  date: Schema.Int,
  senderId: Schema.NullOr(Schema.String),
  topicId: Schema.NullOr(Schema.Int),
  albumId: Schema.NullOr(Schema.String),
  /** The message of the same chat that it answers. */
  replyToMessageId: Schema.NullOr(Schema.Int),
  caption: Schema.String,
  /** Forwarded from elsewhere, by a person: the worker forwards nothing. */
  isForwarded: Schema.Boolean,
  /** False: protected content. Telegram's terms forbid to save it. */
  canBeSaved: Schema.Boolean,
  sending: Schema.Literals(["sent", "pending", "failed"]),
  content: Schema.Union([DocumentContent, PhotoContent, Schema.TaggedStruct("Other", { type: Schema.String })]),
})
export type ChannelMessage = typeof ChannelMessage.Type

const senderOf = (sender: Td.MessageSender): string =>
  sender._ === "messageSenderUser" ? `user:${sender.user_id}` : `chat:${sender.chat_id}`

const sendingOf = (state: Td.MessageSendingState | undefined): ChannelMessage["sending"] =>
  state === undefined ? "sent" : state._ === "messageSendingStatePending" ? "pending" : "failed"

const topicOf = (topic: Td.MessageTopic | undefined): number | null => {
  if (topic === undefined) return null
  if (topic._ === "messageTopicForum") return topic.forum_topic_id
  if (topic._ === "messageTopicThread") return topic.message_thread_id
  return null
}

/** An answer to a message elsewhere, or to one that nobody knows any more, leads nowhere. */
const repliedTo = ({ chat_id, reply_to }: Td.message): number | null =>
  reply_to?._ === "messageReplyToMessage" && reply_to.chat_id === chat_id && reply_to.message_id !== 0
    ? reply_to.message_id
    : null

const contentOf = (content: Td.MessageContent): { content: ChannelMessage["content"]; caption: string } => {
  if (content._ === "messageDocument") {
    const { document, file_name } = content.document
    return {
      caption: content.caption.text,
      content: {
        _tag: "Document",
        fileId: document.id,
        uniqueId: document.remote.unique_id,
        path: document.local.path,
        bytes: document.size,
        fileName: file_name,
      },
    }
  }
  if (content._ === "messagePhoto") {
    const size = previewSizeOf(content.photo.sizes)
    if (size !== undefined)
      return {
        caption: content.caption.text,
        content: {
          _tag: "Photo",
          fileId: size.photo.id,
          uniqueId: size.photo.remote.unique_id,
          bytes: size.photo.size,
        },
      }
  }
  return {
    caption: content._ === "messageText" ? content.text.text : "",
    content: { _tag: "Other", type: content._ },
  }
}

/** Decodes one message of TDLib. Fails with a `SchemaError` that names the field. */
export const decodeMessage = (message: Td.message): Effect.Effect<ChannelMessage, Schema.SchemaError> =>
  Schema.decodeUnknownEffect(ChannelMessage)({
    id: message.id,
    chatId: message.chat_id,
    date: message.date,
    senderId: senderOf(message.sender_id),
    topicId: topicOf(message.topic_id),
    albumId: message.media_album_id === "0" ? null : message.media_album_id,
    replyToMessageId: repliedTo(message),
    isForwarded: message.forward_info !== undefined,
    canBeSaved: message.can_be_saved,
    sending: sendingOf(message.sending_state),
    ...contentOf(message.content),
  })
