import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { arrayLiteral, SafeInteger, storable, storableJson } from "./row.ts"
import { first, one, rows, run, transaction } from "./statement.ts"

/** How much of a source an account has seen. Message ids are TDLib's. */
export const Seen = Schema.Struct({
  /** Every document up to this message was seen. */
  floor: SafeInteger,
  /** A scan from the newest down has also seen everything from `low` to `high`; both null otherwise. */
  low: Schema.NullOr(SafeInteger),
  high: Schema.NullOr(SafeInteger),
  /** Messages that were seen and have no claim yet. */
  loose: Schema.Array(SafeInteger),
})
export type Seen = typeof Seen.Type

const BegunScan = Schema.Struct({ ...Seen.fields, epoch: SafeInteger })
export type BegunScan = typeof BegunScan.Type

/** Begins or goes on with the scan of a source (by its pair of account and channel). None: it was unlinked meanwhile. */
export const beginScan = (mapId: string) =>
  first(
    "beginScan",
    BegunScan,
    (sql) => sql`
      insert into stash_source_states as s ("mapId", "floor")
      select m."id", coalesce(m."lastProcessedMessageId", 0) from "account_channel_map" m where m."id" = ${mapId}
      on conflict ("mapId") do update set "epoch" = s."epoch"
      returning "floor", "low", "high", to_jsonb("loose") as "loose", "epoch"`,
  )

interface ScanOf {
  readonly mapId: string
  readonly channelId: string
  /** What `beginScan` said. */
  readonly epoch: number
}

/**
 * Notes how far a scan has come, and moves the mark after it: to right before the oldest message that is not settled, and
 * never within a set. False: the mark was set back since the scan began, because something is to be looked at again, and
 * nothing was written.
 */
export const saveScan = (scan: ScanOf, { floor, high, loose, low }: Seen) =>
  transaction(
    "saveScan",
    Effect.gen(function* () {
      // Who sets a mark back takes the two rows in this order too.
      yield* run("lockMark", (sql) => sql`select from "account_channel_map" where "id" = ${scan.mapId} for update`)
      const written = yield* run(
        "saveScan",
        (sql) => sql`
          update stash_source_states
          set "floor" = ${floor}, "low" = ${low}, "high" = ${high}, "loose" = ${arrayLiteral(loose)}::bigint[]
          where "mapId" = ${scan.mapId} and "epoch" = ${scan.epoch}`,
      )
      if (written === 0) return false
      yield* moveMark(scan, Math.min(floor, ...loose.map((messageId) => messageId - 1)))
      return true
    }),
  )

const moveMark = ({ channelId, mapId }: ScanOf, upTo: number) =>
  run(
    "moveMark",
    (sql) => sql`
      update "account_channel_map" m set "lastProcessedMessageId" = n."mark"
      from (
        select stash_between_sets(${channelId}, least(${upTo}::bigint, (
          select min("firstMessageId") - 1 from stash_claims
          where "sourceChannelId" = ${channelId} and "state" in ('claimed', 'deferred', 'waiting')
        ))) as "mark"
      ) n
      where m."id" = ${mapId} and (m."lastProcessedMessageId" is null or m."lastProcessedMessageId" < n."mark")`,
  )

/** The source was gone through to its end. */
export const endScan = (mapId: string) =>
  run(
    "endScan",
    (sql) => sql`
      update stash_source_states
      set "scannedAt" = now(), "unreadable" = null, "unreadableSince" = null, "failures" = 0, "retryAt" = null
      where "mapId" = ${mapId}`,
  ).pipe(Effect.asVoid)

/** Notes which messages a set of several volumes is made of. */
export const noteSetMessages = (channelId: string, messageIds: ReadonlyArray<number>) =>
  run(
    "noteSetMessages",
    (sql) => sql`
      insert into stash_set_messages ("sourceChannelId", "firstMessageId", "lastMessageId", "messageIds")
      values (${channelId}, ${Math.min(...messageIds)}, ${Math.max(...messageIds)}, ${arrayLiteral(messageIds)}::bigint[])
      on conflict ("sourceChannelId", "firstMessageId") do update set
        "lastMessageId" = excluded."lastMessageId", "messageIds" = excluded."messageIds"`,
  ).pipe(Effect.asVoid)

const FIRST_RETRY_MINUTES = 15
const LONGEST_RETRY_MINUTES = 24 * 60

/** An account cannot read a source: it is tried again after a quarter of an hour, then twice as long, up to a day. */
export const noteUnreadable = (mapId: string, reason: string) =>
  one(
    "noteUnreadable",
    Schema.Struct({ retryAt: Schema.Date, isNews: Schema.Boolean }),
    (sql) => sql`
      with before as (select "unreadable" from stash_source_states where "mapId" = ${mapId})
      insert into stash_source_states as s ("mapId", "floor", "unreadable", "unreadableSince", "failures", "retryAt")
      select m."id", coalesce(m."lastProcessedMessageId", 0), ${storable(reason)}, now(), 1,
             now() + make_interval(mins => ${FIRST_RETRY_MINUTES})
      from "account_channel_map" m where m."id" = ${mapId}
      on conflict ("mapId") do update set
        "unreadable" = excluded."unreadable", "unreadableSince" = coalesce(s."unreadableSince", now()),
        "failures" = s."failures" + 1,
        "retryAt" = now() + make_interval(
          mins => least(${LONGEST_RETRY_MINUTES}, ${FIRST_RETRY_MINUTES} * 2 ^ least(s."failures", 10))::int)
      returning "retryAt", "unreadable" is distinct from (select "unreadable" from before) as "isNews"`,
  )

/** An account that reads a channel beside others: what it can take on. */
export const Reader = Schema.Struct({ accountId: Schema.String, isPremium: Schema.Boolean })
export type Reader = typeof Reader.Type

/** The accounts that read a channel and work now: active, alive, not parked, and able to see it. */
export const readersAtWork = (channelId: string) =>
  rows(
    "readersAtWork",
    Reader,
    (sql) => sql`
      select a."id" as "accountId", a."isPremium"
      from "account_channel_map" m join "telegram_accounts" a on a."id" = m."accountId"
      left join stash_account_states t on t."accountId" = a."id"
      left join stash_source_states s on s."mapId" = m."id"
      where m."channelId" = ${channelId} and m."role" = 'READER' and a."isActive" and s."unreadable" is null
        and t."state" in ('settling', 'ingesting', 'idle')
        and exists (select from pg_stat_activity b where b.application_name = 'lock:' || a."id")
      order by a."id"`,
  )

/**
 * Notes how far the topics of a forum have come, for the web app and for the predecessor, should one go back to it. This
 * worker itself goes by the mark of the whole forum. Topics are named by TDLib's message id of their first message.
 */
export const noteTopics = (
  mapId: string,
  topics: ReadonlyArray<{ readonly topicId: number; readonly name: string | null; readonly messageId: number }>,
) =>
  run(
    "noteTopics",
    (sql) => sql`
      insert into "topic_progress" as t ("id", "accountChannelMapId", "topicId", "topicName", "lastProcessedMessageId")
      select gen_random_uuid()::text, m."id", n."topicId", n."name", least(n."messageId", m."lastProcessedMessageId")
      from jsonb_to_recordset(${storableJson(topics)}::text::jsonb)
             as n ("topicId" bigint, "name" text, "messageId" bigint),
           "account_channel_map" m
      where m."id" = ${mapId}
      on conflict ("accountChannelMapId", "topicId") do update set
        "topicName" = coalesce(excluded."topicName", t."topicName"),
        "lastProcessedMessageId" = excluded."lastProcessedMessageId"`,
  ).pipe(Effect.asVoid)
