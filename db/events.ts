import * as Schema from "effect/Schema"
import { ClaimState } from "./claims.ts"
import { SafeInteger } from "./row.ts"
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

/**
 * Sets that an operator may mean: by name (or a part of it of 3 letters or more), by the first 8 digits or more of the
 * content hash, or by the number of the first message, as Telegram's links have it. The newest first; at most 20.
 */
export const setsCalled = (wanted: string) => {
  const isNumber = /^\d{1,15}$/.test(wanted)
  return rows(
    "setsCalled",
    SetNow,
    (sql) => sql`
      select k."sourceChannelId", c."title" as "channelTitle", k."firstMessageId", k."setName", k."state", k."reason",
             k."attempts", k."retryAt", k."leaseUntil", k."contentHash"
      from stash_claims k join "telegram_channels" c on c."id" = k."sourceChannelId"
      where k."setName" = ${wanted}
         or (${wanted.length >= 3} and strpos(lower(k."setName"), lower(${wanted})) > 0)
         or (${/^[0-9a-f]{8,64}$/.test(wanted)} and starts_with(coalesce(k."contentHash", ''), ${wanted}))
         or (${isNumber} and k."firstMessageId" in (${isNumber ? Number(wanted) : 0}::bigint, ${isNumber ? wanted : "0"}::numeric * 1048576))
      order by (k."setName" = ${wanted}) desc, k."updatedAt" desc limit ${MAX_SETS}`,
  )
}

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
