import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SetKey } from "./claims.ts"
import { arrayLiteral, storable } from "./row.ts"
import { one, rows } from "./statement.ts"

/** A set as it is found in its source, which a worker that knew no claims may have been through. */
export interface FoundSet extends SetKey {
  readonly accountId: string
  /** The pair of account and channel. */
  readonly mapId: string
  readonly lastMessageId: number
  /** Of its volumes, in any order. */
  readonly messageIds: ReadonlyArray<number>
  /** The forum's topic, by TDLib's message id of its first message; null: none, or in more than one. */
  readonly topicId: number | null
  readonly setName: string
  readonly volumes: number
  readonly bytes: number
  /** See ClaimRequest. */
  readonly fileKey: string | null
}

/** Where a set stands before it is claimed. */
export const Standing = Schema.Literals([
  /** The former worker is done with it. */
  "former_work",
  /** Settled, put off or in other hands, as far as can be seen; only `claimSet` knows. */
  "taken",
  "open",
])
export type Standing = typeof Standing.Type

/**
 * Looks at a set without claiming it. The former worker is done with a set that nobody has claimed when it has published it
 * from one of these very messages (that of the volume with the lowest number, whichever was posted first), or has gone through
 * its topic beyond it. Of what it published a claim is noted, settled: so the files are known wherever they are posted again.
 * Of another size, it is another set: volumes came later, or an edit.
 */
export const setStandingOf = (set: FoundSet) =>
  one(
    "setStandingOf",
    Schema.Struct({ standing: Standing }),
    (sql) => sql`
      with unclaimed as (
        select where not exists (
          select from stash_claims
          where "sourceChannelId" = ${set.sourceChannelId} and "firstMessageId" = ${set.firstMessageId}
        )
      ), published as (
        select p."contentHash", p."fileCount" from unclaimed, "packages" p
        where p."sourceChannelId" = ${set.sourceChannelId} and p."sourceMessageId" = any(${arrayLiteral(set.messageIds)}::bigint[])
          and p."fileSize" = ${set.bytes} and p."destMessageId" is not null
        limit 1
      ), noted as (
        insert into stash_claims (
          "sourceChannelId", "firstMessageId", "accountId", "token", "state", "reason", "contentHash", "setName",
          "volumes", "bytes", "fileKey"
        )
        select ${set.sourceChannelId}, ${set.firstMessageId}, ${set.accountId}, nextval('stash_token'), 'published',
               'by the former worker', p."contentHash", ${storable(set.setName)}, ${set.volumes}, ${set.bytes},
               ${set.fileKey}
        from published p
        on conflict do nothing
      )
      -- What has no list of files yet goes on as a set that is published and lacks its metadata.
      select case
        when exists (select from published where "fileCount" > 0) or exists (
          select from unclaimed, stash_topic_floors f
          where f."mapId" = ${set.mapId} and f."topicId" = ${set.topicId}::bigint and f."floor" >= ${set.lastMessageId}
            and not exists (select from published)
        ) then 'former_work'
        when exists (select from published) or exists (
          select from stash_claims
          where "sourceChannelId" = ${set.sourceChannelId} and "firstMessageId" = ${set.firstMessageId} and (
            "state" in ('published', 'duplicate', 'skipped') or "retryAt" > now()
            or ("accountId" <> ${set.accountId} and "leaseUntil" > now())
          )
        ) then 'taken'
        else 'open'
      end as "standing"`,
  ).pipe(Effect.map(({ standing }) => standing))

/** The contents of old RAR sets of this size by the names that the former worker gave them (src/archive/former-order.ts). */
export const formerRarContents = (bytes: number) =>
  rows(
    "formerRarContents",
    Schema.Struct({ contentHash: Schema.String }),
    (sql) => sql`
      select "contentHash" from "packages" where "fileSize" = ${bytes} and "fileName" ~* '\\.r[0-9]{2,}$'`,
  ).pipe(Effect.map((found) => found.map(({ contentHash }) => contentHash)))
