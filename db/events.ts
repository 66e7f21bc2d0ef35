import * as Schema from "effect/Schema"
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
