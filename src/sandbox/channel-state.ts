import * as Schema from "effect/Schema"
import type { Channel } from "./state/channel.ts"
import { ADMIN_RIGHTS } from "./state/rights.ts"

/** What is known of a channel beside its messages, for tests and operators to compare with. */
export const channelStateFields = {
  username: Schema.NullOr(Schema.String),
  protected: Schema.Boolean,
  hiddenHistory: Schema.Boolean,
  private: Schema.Boolean,
  deleted: Schema.Boolean,
  /** Also those that left or were banned. */
  members: Schema.Array(
    Schema.Struct({
      phone: Schema.String,
      status: Schema.Literals(["creator", "admin", "member", "left", "banned"]),
      rights: Schema.Array(Schema.Literals(ADMIN_RIGHTS)),
    }),
  ),
  /** The phones of those who asked to join. */
  joinRequests: Schema.Array(Schema.String),
  invites: Schema.Array(
    Schema.Struct({
      hash: Schema.String,
      link: Schema.String,
      /** How many joined by it. */
      usage: Schema.Int,
      revoked: Schema.Boolean,
    }),
  ),
  /** Of a forum. */
  topics: Schema.Array(
    Schema.Struct({ id: Schema.Int, title: Schema.String, closed: Schema.Boolean, hidden: Schema.Boolean }),
  ),
}

/** The state of a channel beside its messages. */
export const readChannelState = ({ properties, members, invites, topics }: Channel) => ({
  username: properties.username ?? null,
  protected: properties.isProtected,
  hiddenHistory: properties.isHistoryHidden,
  private: properties.isClosed,
  deleted: properties.isDeleted,
  members: [...members, ...members.outside()].map(({ account, status, rights }) => ({
    phone: account.phone,
    status,
    rights,
  })),
  joinRequests: invites.requests().map(({ account }) => account.phone),
  invites: invites.all().map(({ hash, revoked }) => ({
    hash,
    link: `https://t.me/+${hash}`,
    usage: invites.usage(hash),
    revoked,
  })),
  topics: properties.isForum
    ? topics.all().map(({ id, title, isClosed, isHidden }) => ({ id, title, closed: isClosed, hidden: isHidden }))
    : [],
})
