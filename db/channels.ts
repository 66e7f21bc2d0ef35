import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { arrayLiteral, SafeInteger, storableJson } from "./row.ts"
import { setSetting } from "./settings.ts"
import { first, one, rows, run, transaction } from "./statement.ts"

export const ChannelType = Schema.Literals(["SOURCE", "DESTINATION"])
export type ChannelType = typeof ChannelType.Type
export const ChannelRole = Schema.Literals(["READER", "WRITER"])
export type ChannelRole = typeof ChannelRole.Type

export const Channel = Schema.Struct({
  id: Schema.String,
  /** TDLib's chat id: negative for channels, -100 followed by the channel's number. */
  telegramId: SafeInteger,
  title: Schema.String,
  type: ChannelType,
  isForum: Schema.Boolean,
  isActive: Schema.Boolean,
  category: Schema.NullOr(Schema.String),
})
export type Channel = typeof Channel.Type

/** A channel that an account reads. */
export const Source = Schema.Struct({
  /** Names the pair of account and channel. */
  mapId: Schema.String,
  channelId: Schema.String,
  /** TDLib's chat id. */
  chatId: SafeInteger,
  title: Schema.String,
  category: Schema.NullOr(Schema.String),
  isForum: Schema.Boolean,
  /** Every message up to this id is settled; null: none yet. */
  mark: Schema.NullOr(SafeInteger),
})
export type Source = typeof Source.Type

/** The channel that everything is published in. */
export const Destination = Schema.Struct({
  channelId: Schema.String,
  /** TDLib's chat id. */
  chatId: SafeInteger,
  title: Schema.String,
})
export type Destination = typeof Destination.Type

/** Adds a channel, or brings what is known of it up to date. Without `category` an existing one keeps its own. */
export const upsertChannel = (channel: {
  readonly telegramId: number
  readonly title: string
  readonly type: ChannelType
  readonly isForum: boolean
  readonly isActive: boolean
  readonly category?: string | null
}) =>
  one(
    "upsertChannel",
    Channel,
    (sql) => sql`
      insert into "telegram_channels" ("id", "telegramId", "title", "type", "isForum", "isActive", "category", "updatedAt")
      values (
        gen_random_uuid()::text, ${channel.telegramId}, ${channel.title}, ${channel.type}::"ChannelType",
        ${channel.isForum}, ${channel.isActive}, ${channel.category ?? null}, now()
      )
      on conflict ("telegramId") do update set
        "title" = excluded."title", "type" = excluded."type", "isForum" = excluded."isForum",
        "isActive" = excluded."isActive", "updatedAt" = now(),
        "category" = case
          when ${channel.category === undefined} then "telegram_channels"."category" else excluded."category"
        end
      returning "id", "telegramId", "title", "type", "isForum", "isActive", "category"`,
  )

/** The channel with this TDLib chat id. */
export const channelByChat = (chatId: number) =>
  first(
    "channelByChat",
    Channel,
    (sql) => sql`
      select "id", "telegramId", "title", "type", "isForum", "isActive", "category" from "telegram_channels"
      where "telegramId" = ${chatId}`,
  )

/**
 * Lets the web app know of chats that an account sees: new ones as sources that are not enabled, known ones by their present
 * titles. Nothing else of a known channel changes.
 */
export const noteSeenChannels = (
  chats: ReadonlyArray<{ readonly chatId: number; readonly title: string; readonly isForum: boolean }>,
) =>
  run(
    "noteSeenChannels",
    (sql) => sql`
      insert into "telegram_channels" as c ("id", "telegramId", "title", "type", "isForum", "isActive", "updatedAt")
      select gen_random_uuid()::text, s."chatId", s."title", 'SOURCE', s."isForum", false, now()
      from jsonb_to_recordset(${storableJson(chats)}::text::jsonb) as s ("chatId" bigint, "title" text, "isForum" boolean)
      on conflict ("telegramId") do update set "title" = excluded."title", "isForum" = excluded."isForum",
        "updatedAt" = now()
      where c."title" <> excluded."title" or c."isForum" <> excluded."isForum"`,
  ).pipe(Effect.asVoid)

/** Of these chats (TDLib's ids), those that the library knows, and whether this account is linked to them. */
export const knownChannels = (accountId: string, chatIds: ReadonlyArray<number>) =>
  rows(
    "knownChannels",
    Schema.Struct({ id: Schema.String, telegramId: SafeInteger, isLinked: Schema.Boolean }),
    (sql) => sql`
      select c."id", c."telegramId", exists (
        select from "account_channel_map" m where m."channelId" = c."id" and m."accountId" = ${accountId}
      ) as "isLinked"
      from "telegram_channels" c where c."telegramId" = any(${arrayLiteral(chatIds)}::bigint[])`,
  )

/** Whether an account has anything to do with a channel. */
export const isLinked = (accountId: string, channelId: string) =>
  one(
    "isLinked",
    Schema.Struct({ isLinked: Schema.Boolean }),
    (sql) => sql`
      select exists (
        select from "account_channel_map" where "accountId" = ${accountId} and "channelId" = ${channelId}
      ) as "isLinked"`,
  ).pipe(Effect.map((found) => found.isLinked))

/** Lets an account read from or write to a channel; a mark it already has there stays. */
export const linkChannel = (link: {
  readonly accountId: string
  readonly channelId: string
  readonly role: ChannelRole
}) =>
  run(
    "linkChannel",
    (sql) => sql`
      insert into "account_channel_map" ("id", "accountId", "channelId", "role")
      values (gen_random_uuid()::text, ${link.accountId}, ${link.channelId}, ${link.role}::"ChannelRole")
      on conflict ("accountId", "channelId") do update set "role" = excluded."role"`,
  ).pipe(Effect.asVoid)

/** What the account has to scan now, in the order in which the channels were linked; what it cannot read waits. */
export const sourcesOf = (accountId: string) =>
  rows(
    "sourcesOf",
    Source,
    (sql) => sql`
      select m."id" as "mapId", c."id" as "channelId", c."telegramId" as "chatId", c."title", c."category", c."isForum",
             m."lastProcessedMessageId" as "mark"
      from "account_channel_map" m join "telegram_channels" c on c."id" = m."channelId"
      left join stash_source_states s on s."mapId" = m."id"
      where m."accountId" = ${accountId} and m."role" = 'READER' and c."type" = 'SOURCE' and c."isActive"
        and (s."unreadable" is null or s."retryAt" is null or s."retryAt" <= now())
      order by m."createdAt", m."id"`,
  )

/** Lets an account look again at a message of a source (TDLib's chat id) and at all that came after it. */
export const setMarkBack = (back: {
  readonly accountId: string
  readonly chatId: number
  readonly messageId: number
}) =>
  transaction(
    "setMarkBack",
    Effect.gen(function* () {
      const marks = yield* run(
        "setMarkBack",
        (sql) => sql`
          update "account_channel_map" m set "lastProcessedMessageId" = ${back.messageId - 1}
          from "telegram_channels" c
          where c."id" = m."channelId" and c."telegramId" = ${back.chatId} and m."accountId" = ${back.accountId}
            and m."role" = 'READER' and m."lastProcessedMessageId" >= ${back.messageId}`,
      )
      const floors = yield* run(
        "lowerFloor",
        (sql) => sql`
          update stash_source_states s
          set "floor" = least(s."floor", stash_between_sets(m."channelId", ${back.messageId - 1})), "low" = null,
              "high" = null, "epoch" = s."epoch" + 1
          from "account_channel_map" m join "telegram_channels" c on c."id" = m."channelId"
          where m."id" = s."mapId" and c."telegramId" = ${back.chatId} and m."accountId" = ${back.accountId}
            and greatest(s."floor", s."high") >= ${back.messageId}`,
      )
      yield* run(
        "lowerTopicFloors",
        (sql) => sql`
          update stash_topic_floors f set "floor" = least(f."floor", ${back.messageId - 1})
          from "account_channel_map" m join "telegram_channels" c on c."id" = m."channelId"
          where m."id" = f."mapId" and c."telegramId" = ${back.chatId} and m."accountId" = ${back.accountId}`,
      )
      return marks + floors > 0
    }),
  )

/** As setMarkBack, for every account that reads the channel (by its row). */
export const setMarksBack = (channelId: string, messageId: number) =>
  transaction(
    "setMarksBack",
    Effect.gen(function* () {
      yield* run(
        "setMarksBack",
        (sql) => sql`
          update "account_channel_map" set "lastProcessedMessageId" = ${messageId - 1}
          where "channelId" = ${channelId} and "role" = 'READER' and "lastProcessedMessageId" >= ${messageId}`,
      )
      yield* run(
        "lowerFloors",
        (sql) => sql`
          update stash_source_states s
          set "floor" = least(s."floor", stash_between_sets(m."channelId", ${messageId - 1})), "low" = null,
              "high" = null, "epoch" = s."epoch" + 1
          from "account_channel_map" m
          where m."id" = s."mapId" and m."channelId" = ${channelId} and greatest(s."floor", s."high") >= ${messageId}`,
      )
      yield* run(
        "lowerAllTopicFloors",
        (sql) => sql`
          update stash_topic_floors f set "floor" = least(f."floor", ${messageId - 1})
          from "account_channel_map" m where m."id" = f."mapId" and m."channelId" = ${channelId}`,
      )
    }),
  )

/** Where supervisors hear calls; the payload names accounts by their ids, with commas between, or nobody for all. */
export const CALL_CHANNEL = "ingestion_trigger"

/**
 * Calls these accounts, or all of them, to their sources, as the web app's "Sync now" does. Delivered when the
 * transaction commits.
 */
export const callAccounts = (accountIds: ReadonlyArray<string> = []) =>
  run("callAccounts", (sql) => sql`select pg_notify(${CALL_CHANNEL}, ${accountIds.join(",")})`).pipe(Effect.asVoid)

const destinationKey = "destination_channel_id"

/** None: no destination is set, or the one that is set is no active destination channel. */
export const destination = () =>
  first(
    "destination",
    Destination,
    (sql) => sql`
      select c."id" as "channelId", c."telegramId" as "chatId", c."title"
      from "global_settings" s join "telegram_channels" c on c."id" = s."value"
      where s."key" = ${destinationKey} and c."type" = 'DESTINATION' and c."isActive"`,
  )

/** Makes a channel the one that everything is published in from now on. */
export const setDestination = (channelId: string) => setSetting(destinationKey, channelId)
