import * as Schema from "effect/Schema"

/** A 64-bit integer in decimal. */
export const LongText = Schema.String.check(Schema.isPattern(/^-?[0-9]{1,20}$/))
/** Encoded TL objects in base64. */
export const TlBase64 = Schema.Array(Schema.String)

/** Messages were posted to a channel, together: they get the next ids in this order. */
export const PostedRecord = Schema.Struct({
  type: Schema.Literal("posted"),
  channel: Schema.String,
  /** When it happened, Unix seconds; a message's own date may be earlier. */
  at: Schema.Int,
  messages: Schema.Array(
    Schema.Struct({
      date: Schema.Int,
      text: Schema.String,
      from: Schema.NullOr(Schema.String),
      randomId: Schema.NullOr(LongText),
      albumId: Schema.NullOr(LongText),
      fileId: Schema.NullOr(LongText),
      entities: TlBase64,
      /** What a service message tells: one object. */
      action: Schema.optionalKey(TlBase64),
      topicId: Schema.optionalKey(Schema.Int),
      replyToId: Schema.optionalKey(Schema.Int),
      /** The message that this one forwards: channel by name, author by phone. */
      forward: Schema.optionalKey(
        Schema.Struct({
          channel: Schema.String,
          messageId: Schema.Int,
          author: Schema.NullOr(Schema.String),
          date: Schema.Int,
        }),
      ),
      /** What worlds and the control interface may call it. */
      label: Schema.optionalKey(Schema.String),
    }),
  ),
})
export type PostedRecord = typeof PostedRecord.Type

/** A message was edited; what is not named stays. */
const EditedRecord = Schema.Struct({
  type: Schema.Literal("edited"),
  channel: Schema.String,
  at: Schema.Int,
  messageId: Schema.Int,
  text: Schema.optionalKey(Schema.String),
  entities: Schema.optionalKey(TlBase64),
  fileId: Schema.optionalKey(LongText),
})

const PinnedRecord = Schema.Struct({
  type: Schema.Literal("pinned"),
  channel: Schema.String,
  at: Schema.Int,
  messageIds: Schema.Array(Schema.Int),
  isPinned: Schema.Boolean,
})

const DeletedRecord = Schema.Struct({
  type: Schema.Literal("deleted"),
  channel: Schema.String,
  at: Schema.Int,
  messageIds: Schema.Array(Schema.Int),
})

/** Something happened to messages that were there. */
export const MessageChangeRecord = Schema.Union([EditedRecord, PinnedRecord, DeletedRecord])
export type MessageChangeRecord = typeof MessageChangeRecord.Type
