import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SetKey } from "./claims.ts"
import { arrayLiteral, SafeInteger } from "./row.ts"
import { rows, run } from "./statement.ts"

/** Gives the publication of a set up, if there is one: what was sent of it belongs to nothing any more. */
export const abandonForGood = Effect.fn("abandonForGood")(function* ({ firstMessageId, sourceChannelId }: SetKey) {
  yield* run(
    "noteSentParts",
    (sql) => sql`
      insert into stash_leftovers ("destChannelId", "destMessageId", "contentHash")
      select pub."destChannelId", p."destMessageId", pub."contentHash"
      from stash_publications pub join stash_publication_parts p on p."contentHash" = pub."contentHash"
      where pub."sourceChannelId" = ${sourceChannelId} and pub."firstMessageId" = ${firstMessageId}
        and p."destMessageId" is not null
      on conflict do nothing`,
  )
  yield* run(
    "abandonPublication",
    (sql) => sql`
      delete from stash_publications
      where "sourceChannelId" = ${sourceChannelId} and "firstMessageId" = ${firstMessageId}`,
  )
})

/** Notes that what a package has in its destination belongs to nothing any more, and takes it from the package. */
export const unpublish = Effect.fn("unpublish")(function* (packageId: string) {
  yield* run(
    "notePackageMessages",
    (sql) => sql`
      insert into stash_leftovers ("destChannelId", "destMessageId", "contentHash")
      select p."destChannelId", m."id", p."contentHash"
      from "packages" p
        join "telegram_channels" c on c."id" = p."destChannelId"
        cross join lateral (
          select distinct unnest(array_append(coalesce(p."destMessageIds", '{}'), p."destMessageId")) as "id"
        ) m
      where p."id" = ${packageId} and m."id" is not null
      on conflict do nothing`,
  )
  yield* run(
    "clearDestination",
    (sql) => sql`
      update "packages" set "destChannelId" = null, "destMessageId" = null, "destMessageIds" = '{}'
      where "id" = ${packageId}`,
  )
})

const LEFTOVERS_AT_ONCE = 100

/** Messages of a destination (by its row) that are to be deleted; a hundred at most. What somebody recorded again is none. */
export const leftoversIn = (destChannelId: string) =>
  rows(
    "leftoversIn",
    Schema.Struct({ messageId: SafeInteger }),
    (sql) => sql`
      select l."destMessageId" as "messageId" from stash_leftovers l
      where l."destChannelId" = ${destChannelId}
        and not exists (
          select from "packages" p
          where p."contentHash" = l."contentHash" and p."destChannelId" = l."destChannelId"
            and (p."destMessageId" = l."destMessageId" or l."destMessageId" = any(p."destMessageIds"))
        )
        and not exists (
          select from stash_publication_parts p
          where p."contentHash" = l."contentHash" and p."destMessageId" = l."destMessageId"
        )
      order by l."destMessageId" limit ${LEFTOVERS_AT_ONCE}`,
  ).pipe(Effect.map((found) => found.map(({ messageId }) => messageId)))

/** These are deleted. */
export const forgetLeftovers = (destChannelId: string, messageIds: ReadonlyArray<number>) =>
  run(
    "forgetLeftovers",
    (sql) => sql`
      delete from stash_leftovers
      where "destChannelId" = ${destChannelId} and "destMessageId" = any(${arrayLiteral(messageIds)}::bigint[])`,
  ).pipe(Effect.asVoid)
