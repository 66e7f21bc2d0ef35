import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { arrayLiteral, SafeInteger, storable } from "./row.ts"
import { first, one, rows, run } from "./statement.ts"

/** Signals by which packages are put together, and the app's words for them. */
const groupingSources = {
  album: "ALBUM",
  // As the predecessor wrote it: a rule is what a person has taught.
  rule: "MANUAL",
  reply: "AUTO_REPLY",
  caption: "AUTO_CAPTION",
  pattern: "AUTO_PATTERN",
  folder: "AUTO_ZIP",
  creator: "AUTO_PATTERN",
  time: "AUTO_TIME",
} as const

export const GroupSignal = Schema.Literals([
  "album",
  "rule",
  "reply",
  "caption",
  "pattern",
  "folder",
  "creator",
  "time",
])
export type GroupSignal = typeof GroupSignal.Type

/** The sources of an account in which packages are that nobody has looked at for grouping. */
export const channelsToGroup = (accountId: string) =>
  rows(
    "channelsToGroup",
    Schema.Struct({ channelId: Schema.String, title: Schema.String }),
    (sql) => sql`
      select c."id" as "channelId", c."title"
      from "account_channel_map" m join "telegram_channels" c on c."id" = m."channelId"
      where m."accountId" = ${accountId} and m."role" = 'READER' and exists (
        select from stash_package_posts o join "packages" p on p."id" = o."packageId"
        where o."sourceChannelId" = c."id" and o."consideredAt" is null and p."fileCount" > 0
      )
      order by c."id"`,
  )

/** One grouping of a channel at a time, until the end of the transaction; none: the channel is gone. */
export const holdForGrouping = (channelId: string) =>
  first(
    "holdForGrouping",
    Schema.Struct({ isAutomatic: Schema.Boolean }),
    (sql) => sql`
      select "autoGroupEnabled" as "isAutomatic" from "telegram_channels" where "id" = ${channelId} for no key update`,
  )

const NewPost = Schema.Struct({ postedAt: SafeInteger, replyToMessageId: Schema.NullOr(SafeInteger) })

/** Marks the channel's packages as looked at that nobody has looked at; answers with when they were posted (Unix seconds). */
export const considerNewPosts = (channelId: string) =>
  rows(
    "considerNewPosts",
    NewPost,
    (sql) => sql`
      update stash_package_posts o set "consideredAt" = now()
      from "packages" p
      where o."sourceChannelId" = ${channelId} and o."consideredAt" is null
        and p."id" = o."packageId" and p."fileCount" > 0
      returning extract(epoch from o."postedAt")::bigint as "postedAt", p."replyToMessageId"`,
  )

const UngroupedPackage = Schema.Struct({
  packageId: Schema.String,
  messageId: SafeInteger,
  fileName: Schema.String,
  creator: Schema.NullOr(Schema.String),
  caption: Schema.NullOr(Schema.String),
  replyToMessageId: Schema.NullOr(SafeInteger),
  albumId: Schema.NullOr(Schema.String),
  senderId: Schema.NullOr(Schema.String),
  topicId: Schema.NullOr(SafeInteger),
  rootFolder: Schema.NullOr(Schema.String),
  postedAt: SafeInteger,
})

/** What a look is about: packages that were posted between two times (Unix seconds), or as these messages. */
export interface GroupingRange {
  readonly from: number
  readonly to: number
  readonly messageIds: ReadonlyArray<number>
}

/** So many packages are looked at together, the newest. */
const MAX_CANDIDATES = 5000

/** The packages of a channel that are in no group, and were never put into one by the worker. */
export const ungroupedPackages = (channelId: string, { from, messageIds, to }: GroupingRange) =>
  rows(
    "ungroupedPackages",
    UngroupedPackage,
    (sql) => sql`
      with wanted as (
        select "packageId" from (
          select o."packageId" from stash_package_posts o
          where o."sourceChannelId" = ${channelId} and o."groupedAt" is null
            and o."postedAt" between to_timestamp(${from}) and to_timestamp(${to})
          order by o."postedAt" desc limit ${MAX_CANDIDATES}
        ) near
        union
        select p."id" from "packages" p
        where p."sourceChannelId" = ${channelId} and p."sourceMessageId" = any(${arrayLiteral(messageIds)}::bigint[])
      )
      select p."id" as "packageId", p."sourceMessageId" as "messageId", p."fileName", p."creator",
             left(p."sourceCaption", 1000) as "caption", p."replyToMessageId", o."albumId", o."senderId",
             p."sourceTopicId" as "topicId", o."rootFolder", extract(epoch from o."postedAt")::bigint as "postedAt"
      from wanted w join "packages" p on p."id" = w."packageId" join stash_package_posts o on o."packageId" = p."id"
      where p."packageGroupId" is null and o."groupedAt" is null and p."fileCount" > 0
      order by o."postedAt", p."sourceMessageId"`,
  )

const KnownGroup = Schema.Struct({
  groupId: Schema.String,
  signal: GroupSignal,
  key: Schema.String,
  firstAt: SafeInteger,
  lastAt: SafeInteger,
  members: SafeInteger,
})

/**
 * The groups of a channel that packages of this range may join: those that the worker has made, and those of albums, which an
 * earlier worker may have made.
 */
export const joinableGroups = (
  channelId: string,
  { albumIds, from, messageIds, to }: GroupingRange & { readonly albumIds: ReadonlyArray<string> },
) =>
  rows(
    "joinableGroups",
    KnownGroup,
    (sql) => sql`
      select g."groupId", g."signal", g."key", extract(epoch from g."firstAt")::bigint as "firstAt",
             extract(epoch from g."lastAt")::bigint as "lastAt",
             (select count(*) from "packages" p where p."packageGroupId" = g."groupId") as "members"
      from stash_groups g
      where g."sourceChannelId" = ${channelId} and g."signal" <> 'album' and (
        g."signal" = 'rule'
        or (g."signal" = 'reply' and g."key" = any(${arrayLiteral(messageIds)}::text[]))
        or (g."lastAt" >= to_timestamp(${from}) and g."firstAt" <= to_timestamp(${to}))
      )
      union all
      select a."id", 'album', a."mediaAlbumId", 0, 0, 0
      from "package_groups" a
      where a."sourceChannelId" = ${channelId} and a."groupingSource" = 'ALBUM'
        and a."mediaAlbumId" = any(${arrayLiteral(albumIds)}::text[])
      order by "firstAt", "groupId"`,
  )

/** The groups that the worker has made in which the packages of these messages are. */
export const groupsOfMessages = (channelId: string, messageIds: ReadonlyArray<number>) =>
  rows(
    "groupsOfMessages",
    Schema.Struct({ messageId: SafeInteger, groupId: Schema.String }),
    (sql) => sql`
      select p."sourceMessageId" as "messageId", g."groupId"
      from "packages" p join stash_groups g on g."groupId" = p."packageGroupId"
      where p."sourceChannelId" = ${channelId} and p."sourceMessageId" = any(${arrayLiteral(messageIds)}::bigint[])`,
  )

const GroupingRule = Schema.Struct({
  id: Schema.String,
  pattern: Schema.String,
  confidence: Schema.Number,
  createdByGroupId: Schema.NullOr(Schema.String),
})

/** What the web app has learned from groups that people made. */
export const groupingRules = (channelId: string) =>
  rows(
    "groupingRules",
    GroupingRule,
    (sql) => sql`
      select "id", "pattern", "confidence", "createdByGroupId" from "grouping_rules"
      where "sourceChannelId" = ${channelId} order by "confidence" desc, "createdAt", "id"`,
  )

export interface GroupToFill {
  /** Null: a new group. */
  readonly groupId: string | null
  readonly signal: GroupSignal
  readonly key: string
  readonly name: string
  readonly packageIds: ReadonlyArray<string>
  /** Unix seconds. */
  readonly firstAt: number
  readonly lastAt: number
}

const createGroup = (channelId: string, group: GroupToFill) =>
  one(
    "createGroup",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      insert into "package_groups" (
        "id", "name", "mediaAlbumId", "sourceChannelId", "groupingSource", "previewData", "updatedAt"
      ) values (
        gen_random_uuid()::text, ${storable(group.name)}, ${group.signal === "album" ? group.key : null}, ${channelId},
        ${groupingSources[group.signal]}::"GroupingSource", (
          select "previewData" from "packages"
          where "id" = any(${arrayLiteral(group.packageIds)}::text[]) and "previewData" is not null
          order by "sourceMessageId" limit 1
        ), now()
      )
      on conflict ("mediaAlbumId", "sourceChannelId") do update set "updatedAt" = now()
      returning "id"`,
  ).pipe(Effect.map(({ id }) => id))

const noteGroup = (channelId: string, groupId: string, { firstAt, key, lastAt, signal }: GroupToFill) =>
  run(
    "noteGroup",
    (sql) => sql`
      insert into stash_groups as g ("groupId", "sourceChannelId", "signal", "key", "firstAt", "lastAt")
      values (${groupId}, ${channelId}, ${signal}, ${storable(key)}, to_timestamp(${firstAt}), to_timestamp(${lastAt}))
      on conflict ("groupId") do update set
        "firstAt" = least(g."firstAt", excluded."firstAt"), "lastAt" = greatest(g."lastAt", excluded."lastAt")`,
  )

/** Puts packages into a group; those that somebody has put elsewhere meanwhile stay there. Answers with the group's id. */
export const fillGroup = Effect.fn("fillGroup")(function* (channelId: string, group: GroupToFill) {
  const groupId = group.groupId ?? (yield* createGroup(channelId, group))
  yield* noteGroup(channelId, groupId, group)
  const ids = arrayLiteral(group.packageIds)
  yield* run(
    "joinGroup",
    (sql) => sql`
      update "packages" set "packageGroupId" = ${groupId}
      where "id" = any(${ids}::text[]) and "packageGroupId" is null`,
  )
  yield* run(
    "noteGrouped",
    (sql) => sql`update stash_package_posts set "groupedAt" = now() where "packageId" = any(${ids}::text[])`,
  )
  return groupId
})

/** Tells the app that a package is in a group though a rule would have it in another; once for each of both. */
export const tellGroupingConflict = (conflict: {
  readonly packageId: string
  readonly fileName: string
  readonly signal: GroupSignal
  readonly ruleId: string
  readonly pattern: string
}) =>
  run(
    "tellGroupingConflict",
    (sql) => sql`
      insert into "system_notifications" ("id", "type", "severity", "title", "message", "context")
      select gen_random_uuid()::text, 'GROUPING_CONFLICT', 'INFO',
             ${storable(`Potential grouping conflict: ${conflict.fileName}`)},
             format(${'Grouped by %s into "%s", but also matches rule "%s" from a different manual group'},
                    g."groupingSource", g."name", ${storable(conflict.pattern)}::text),
             jsonb_build_object(
               'packageId', p."id", 'fileName', p."fileName", 'currentGroupId', g."id",
               'matchedRuleId', ${conflict.ruleId}::text, 'matchedPattern', ${storable(conflict.pattern)}::text
             )
      from "packages" p join "package_groups" g on g."id" = p."packageGroupId"
      where p."id" = ${conflict.packageId} and not exists (
        select from "system_notifications" n
        where n."type" = 'GROUPING_CONFLICT' and n."context" ->> 'packageId' = p."id"
          and n."context" ->> 'matchedRuleId' = ${conflict.ruleId}
      )`,
  ).pipe(Effect.asVoid)
