import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ClaimState } from "./claims.ts"
import type { Sql } from "./database.ts"
import { allPages } from "./pages.ts"
import { hashesFrom, SafeInteger } from "./row.ts"
import { first, rows } from "./statement.ts"

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
  updatedAt: Schema.Date,
})
export type SetNow = typeof SetNow.Type

const MAX_SETS = 20

const selectSets = (sql: Sql, claims = sql`stash_claims`) => sql`
  select k."sourceChannelId", c."title" as "channelTitle", k."firstMessageId", k."setName", k."state", k."reason",
         k."attempts", k."retryAt", k."leaseUntil", k."contentHash", k."updatedAt"
  from ${claims} k join "telegram_channels" c on c."id" = k."sourceChannelId"`

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

const NAMES_AT_ONCE = 5000

const NamedSet = Schema.Struct({ setName: Schema.String, sourceChannelId: Schema.String, firstMessageId: SafeInteger })
type NamedSet = typeof NamedSet.Type
const beforeAllNames: NamedSet = { setName: "", sourceChannelId: "", firstMessageId: 0 }

const nameKey = (sql: Sql) => sql`("setName", "sourceChannelId", "firstMessageId")`
const valuesOf = (sql: Sql, set: NamedSet) =>
  sql`(${set.setName}::text, ${set.sourceChannelId}::text, ${set.firstMessageId}::bigint)`

/** The last set of a page of sets, in the order of their names; undefined: fewer than a page are left. */
const lastOfPage = (after: NamedSet) =>
  first(
    "lastOfPage",
    NamedSet,
    (sql) => sql`
      select "setName", "sourceChannelId", "firstMessageId" from stash_claims
      where ${nameKey(sql)} > ${valuesOf(sql, after)}
      order by "setName", "sourceChannelId", "firstMessageId" offset ${NAMES_AT_ONCE - 1} limit 1`,
  ).pipe(Effect.map(Option.getOrUndefined))

/** The newest of a page that have such a part in their name. Only for those is more read than the index on the names. */
const newestWithPart = (sql: Sql, part: string, after: NamedSet, last: NamedSet | undefined) => sql`
  select k.* from (
    select "setName", "sourceChannelId", "firstMessageId" from stash_claims
    where ${nameKey(sql)} > ${valuesOf(sql, after)}
      ${last === undefined ? sql`` : sql`and ${nameKey(sql)} <= ${valuesOf(sql, last)}`}
    order by "setName", "sourceChannelId", "firstMessageId"
    -- The upper bound is exact; the limit only tells the planner how few these are.
    limit ${2 * NAMES_AT_ONCE}
  ) n cross join lateral (
    select * from stash_claims k
    where k."sourceChannelId" = n."sourceChannelId" and k."firstMessageId" = n."firstMessageId" limit 1
  ) k
  where strpos(lower(n."setName"), lower(${part})) > 0
  order by k."updatedAt" desc limit ${MAX_SETS}`

const setsWithPartAfter = Effect.fn("setsWithPartAfter")(function* (part: string, after: NamedSet) {
  const last = yield* lastOfPage(after)
  const content = yield* rows(
    "setsWithPart",
    SetNow,
    (sql) => sql`${selectSets(sql, sql`(${newestWithPart(sql, part, after, last)})`)}`,
  )
  return { content, last }
})

const setsWithPart = (part: string) =>
  Effect.map(
    allPages(beforeAllNames, (after) => setsWithPartAfter(part, after)),
    (pages) =>
      pages
        .flat()
        .sort((one, other) => other.updatedAt.getTime() - one.updatedAt.getTime())
        .slice(0, MAX_SETS),
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
