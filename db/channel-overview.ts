import * as Schema from "effect/Schema"
import { Channel, ChannelRole } from "./channels.ts"
import { SafeInteger } from "./row.ts"
import { rows } from "./statement.ts"

/** What an account has to do with a channel, and how far it came there. */
export const ChannelLink = Schema.Struct({
  mapId: Schema.String,
  channelId: Schema.String,
  accountId: Schema.String,
  account: Schema.String,
  isAccountActive: Schema.Boolean,
  role: ChannelRole,
  /** Everything up to this message is settled; null: nothing yet. */
  mark: Schema.NullOr(SafeInteger),
  /** Everything up to this message was seen; null: nothing yet. */
  seenUpTo: Schema.NullOr(SafeInteger),
  /** When it was last gone through to the end. */
  scannedAt: Schema.NullOr(Schema.Date),
  /** Why the account cannot read it; null: nothing is known against it. */
  unreadable: Schema.NullOr(Schema.String),
  unreadableSince: Schema.NullOr(Schema.Date),
  retryAt: Schema.NullOr(Schema.Date),
})
export type ChannelLink = typeof ChannelLink.Type

export const ChannelOverview = Schema.Struct({
  ...Channel.fields,
  /** Whether everything is published there now. */
  isDestination: Schema.Boolean,
  /** Its sets, settled and not. */
  sets: SafeInteger,
  unsettled: SafeInteger,
})
export type ChannelOverview = typeof ChannelOverview.Type

/** All channels, sources first, by title. */
export const channelOverviews = () =>
  rows(
    "channelOverviews",
    ChannelOverview,
    (sql) => sql`
      with counted as (
        select "of" as "sourceChannelId", sum("count")::bigint as "sets" from stash_tallies group by "of"
      ), unsettled as (
        select "sourceChannelId", count(*) as "sets" from stash_claims
        where "state" in ('claimed', 'deferred', 'waiting') group by "sourceChannelId"
      )
      select c."id", c."telegramId", c."title", c."type", c."isForum", c."isActive", c."category",
             coalesce(s."value" = c."id", false) as "isDestination", coalesce(k."sets", 0) as "sets",
             coalesce(u."sets", 0) as "unsettled"
      from "telegram_channels" c
      left join "global_settings" s on s."key" = 'destination_channel_id'
      left join counted k on k."sourceChannelId" = c."id"
      left join unsettled u on u."sourceChannelId" = c."id"
      order by c."type", lower(c."title"), c."id"`,
  )

/** Who reads and writes which channel. */
export const channelLinks = () =>
  rows(
    "channelLinks",
    ChannelLink,
    (sql) => sql`
      select m."id" as "mapId", m."channelId", m."accountId", coalesce(a."displayName", a."id") as "account",
             a."isActive" as "isAccountActive", m."role", m."lastProcessedMessageId" as "mark",
             s."floor" as "seenUpTo", s."scannedAt", s."unreadable", s."unreadableSince", s."retryAt"
      from "account_channel_map" m join "telegram_accounts" a on a."id" = m."accountId"
      left join stash_source_states s on s."mapId" = m."id"
      order by a."createdAt", a."id"`,
  )
