import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ClaimState } from "./claims.ts"
import type { Sql } from "./database.ts"
import { hashesFrom, SafeInteger } from "./row.ts"
import { rows, run } from "./statement.ts"

/** A step in the life of a set. The database writes them itself (migrations/0006_events.sql). */
export const SetEvent = Schema.Struct({
  at: Schema.Date,
  /** A state of the claim, or `publishing`, `taken_over`, `sent`. */
  event: Schema.String,
  detail: Schema.String,
  /** Name or id of the account that did it. */
  account: Schema.NullOr(Schema.String),
  contentHash: Schema.NullOr(Schema.String),
})
export type SetEvent = typeof SetEvent.Type

/** A set as it stands now. */
export const SetNow = Schema.Struct({
  sourceChannelId: Schema.String,
  channelTitle: Schema.String,
  firstMessageId: SafeInteger,
  setName: Schema.String,
  state: ClaimState,
  reason: Schema.String,
  attempts: Schema.Int,
  retryAt: Schema.NullOr(Schema.Date),
  leaseUntil: Schema.NullOr(Schema.Date),
  contentHash: Schema.NullOr(Schema.String),
})
export type SetNow = typeof SetNow.Type

const MAX_SETS = 20

const selectSets = (sql: Sql) => sql`
  select k."sourceChannelId", c."title" as "channelTitle", k."firstMessageId", k."setName", k."state", k."reason",
         k."attempts", k."retryAt", k."leaseUntil", k."contentHash", k."updatedAt"
  from stash_claims k join "telegram_channels" c on c."id" = k."sourceChannelId"`

/** By their whole name, by the beginning of the content hash, or by the first message. */
const setsNamed = (wanted: string) => {
  const hashes = hashesFrom(wanted)
  const id = /^\d{1,15}$/.test(wanted) ? wanted : "-1"
  // Telegram's own ids have at most 31 bits.
  const serverId = id.length <= 10 ? id : "-1"
  return rows(
    "setsNamed",
    SetNow,
    (sql) => sql`
      ${selectSets(sql)} where k."setName" = ${wanted}
      union ${selectSets(sql)} where k."contentHash" >= ${hashes.from} and k."contentHash" < ${hashes.to}
      union select n.* from "telegram_channels" o cross join lateral (
        ${selectSets(sql)}
        where k."sourceChannelId" = o."id" and k."firstMessageId" in (${id}::bigint, ${serverId}::bigint * 1048576)
      ) n
      order by "updatedAt" desc limit ${MAX_SETS}`,
  )
}

/** By a part of their name: no index helps here, a hundred thousand sets take some tens of milliseconds. */
const setsWithPart = (part: string) =>
  rows(
    "setsWithPart",
    SetNow,
    (sql) => sql`
      ${selectSets(sql)} where strpos(lower(k."setName"), lower(${part})) > 0
      order by k."updatedAt" desc limit ${MAX_SETS}`,
  )

/**
 * Sets that an operator may mean: by name, by the first 8 digits or more of the content hash, or by the number of the
 * first message, as Telegram's links have it; when there is none, by a part of the name of 3 letters or more. The newest
 * first; at most 20.
 */
export const setsCalled = Effect.fn("setsCalled")(function* (wanted: string) {
  const named = yield* setsNamed(wanted)
  return named.length > 0 || wanted.length < 3 ? named : yield* setsWithPart(wanted)
})

/** The life of a set, the oldest step first. */
export const eventsOf = (set: { readonly sourceChannelId: string; readonly firstMessageId: number }) =>
  rows(
    "eventsOf",
    SetEvent,
    (sql) => sql`
      select e."at", e."event", e."detail", coalesce(a."displayName", e."accountId") as "account", e."contentHash"
      from stash_events e left join "telegram_accounts" a on a."id" = e."accountId"
      where e."sourceChannelId" = ${set.sourceChannelId} and e."firstMessageId" = ${set.firstMessageId}
      order by e."id"`,
  )

/** Steps of settled sets are forgotten after so many days; ten thousand at a time. Answers with how many were. */
export const forgetEvents = (days: number) =>
  run(
    "forgetEvents",
    (sql) => sql`
      delete from stash_events where "id" in (
        select e."id" from stash_events e join stash_claims k using ("sourceChannelId", "firstMessageId")
        where e."at" < now() - make_interval(days => ${days}) and k."state" in ('published', 'duplicate', 'skipped')
        order by e."id" limit 10000
      )`,
  )
