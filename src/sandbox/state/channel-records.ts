import * as Schema from "effect/Schema"
import { WorldChannel } from "../world.ts"
import { ADMIN_RIGHTS, MEMBER_RIGHTS } from "./rights.ts"

/** A channel came into being after the world was loaded; the paths of files in it are absolute. */
export const ChannelAddedRecord = Schema.Struct({
  type: Schema.Literal("channel-added"),
  /** Unix seconds */
  at: Schema.Int,
  channel: WorldChannel,
})
export type ChannelAddedRecord = typeof ChannelAddedRecord.Type

/** Settings of a channel were changed; those left out stay. */
export const ChannelChangedRecord = Schema.Struct({
  type: Schema.Literal("channel-changed"),
  channel: Schema.String,
  at: Schema.Int,
  settings: Schema.Struct({
    title: Schema.optionalKey(Schema.String),
    about: Schema.optionalKey(Schema.String),
    /** Empty when the channel has none any more. */
    username: Schema.optionalKey(Schema.String),
    isForum: Schema.optionalKey(Schema.Boolean),
    isProtected: Schema.optionalKey(Schema.Boolean),
    isHistoryHidden: Schema.optionalKey(Schema.Boolean),
    isRequestNeeded: Schema.optionalKey(Schema.Boolean),
    memberRights: Schema.optionalKey(Schema.Array(Schema.Literals(MEMBER_RIGHTS))),
    isClosed: Schema.optionalKey(Schema.Boolean),
    isDeleted: Schema.optionalKey(Schema.Boolean),
  }),
})
export type ChannelChangedRecord = typeof ChannelChangedRecord.Type

/** How an account stands to a channel from now on. */
export const MemberRecord = Schema.Struct({
  type: Schema.Literal("member"),
  channel: Schema.String,
  at: Schema.Int,
  phone: Schema.String,
  status: Schema.Literals(["creator", "admin", "member", "left", "banned"]),
  rights: Schema.optionalKey(Schema.Array(Schema.Literals(ADMIN_RIGHTS))),
  restrictions: Schema.optionalKey(Schema.Array(Schema.Literals(MEMBER_RIGHTS))),
  until: Schema.optionalKey(Schema.Int),
  rank: Schema.optionalKey(Schema.String),
  /** The invite link it came by. */
  hash: Schema.optionalKey(Schema.String),
})
export type MemberRecord = typeof MemberRecord.Type

/** An invite link was made or changed. */
export const InviteRecord = Schema.Struct({
  type: Schema.Literal("invite"),
  channel: Schema.String,
  hash: Schema.String,
  by: Schema.NullOr(Schema.String),
  date: Schema.Int,
  title: Schema.String,
  requestNeeded: Schema.Boolean,
  expires: Schema.Int,
  limit: Schema.Int,
  permanent: Schema.Boolean,
  revoked: Schema.Boolean,
})
export type InviteRecord = typeof InviteRecord.Type

/** An invite link is no longer known. */
export const InviteRemovedRecord = Schema.Struct({
  type: Schema.Literal("invite-removed"),
  channel: Schema.String,
  hash: Schema.String,
})

/** Somebody asked to be let in. */
export const JoinRequestRecord = Schema.Struct({
  type: Schema.Literal("join-request"),
  channel: Schema.String,
  at: Schema.Int,
  phone: Schema.String,
  hash: Schema.NullOr(Schema.String),
})

/** A request was answered; whether it was granted, a member record tells. */
export const JoinRequestSettledRecord = Schema.Struct({
  type: Schema.Literal("join-request-settled"),
  channel: Schema.String,
  phone: Schema.String,
})

/** An account put the channel into its archive, or took it out. */
export const ArchivedRecord = Schema.Struct({
  type: Schema.Literal("archived"),
  channel: Schema.String,
  phone: Schema.String,
  archived: Schema.Boolean,
})

/** A topic of a forum was changed; what is left out stays. */
export const TopicChangedRecord = Schema.Struct({
  type: Schema.Literal("topic-changed"),
  channel: Schema.String,
  topicId: Schema.Int,
  change: Schema.Struct({
    title: Schema.optionalKey(Schema.String),
    /** A 64-bit integer in decimal, "0" for no emoji. */
    iconEmojiId: Schema.optionalKey(Schema.String),
    isClosed: Schema.optionalKey(Schema.Boolean),
    isHidden: Schema.optionalKey(Schema.Boolean),
  }),
})

/** These topics of a forum are pinned, in this order, and no others. */
export const TopicsPinnedRecord = Schema.Struct({
  type: Schema.Literal("topics-pinned"),
  channel: Schema.String,
  topicIds: Schema.Array(Schema.Int),
})

/** Everything that happens to a channel apart from its messages. */
export const ChannelRecord = Schema.Union([
  ChannelChangedRecord,
  MemberRecord,
  InviteRecord,
  InviteRemovedRecord,
  JoinRequestRecord,
  JoinRequestSettledRecord,
  ArchivedRecord,
  TopicChangedRecord,
  TopicsPinnedRecord,
])
export type ChannelRecord = typeof ChannelRecord.Type
