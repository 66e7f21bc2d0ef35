import * as Schema from "effect/Schema"
import { SafeInteger, storableJson } from "./row.ts"
import { rows } from "./statement.ts"

const TakenSet = Schema.Struct({
  firstMessageId: SafeInteger,
  /** `settled`: and nothing is left to do; `held`: another account works on it. */
  standing: Schema.Literals(["settled", "held"]),
})
export type TakenSet = typeof TakenSet.Type

export interface AskedSet {
  readonly firstMessageId: number
  /** See ClaimRequest. */
  readonly fileKey: string | null
}

/**
 * Of these sets of a source, those that there is no need to claim: `claimSet` would refuse them to this account, and nothing
 * would be left to do. Of all others only `claimSet` knows; and of skipped ones, which may be tried again at any moment.
 */
export const takenSets = (sourceChannelId: string, accountId: string, sets: ReadonlyArray<AskedSet>) =>
  rows(
    "takenSets",
    TakenSet,
    (sql) => sql`
      select k."firstMessageId", case when k."state" = 'claimed' then 'held' else 'settled' end as "standing"
      from jsonb_to_recordset(${storableJson(sets)}::text::jsonb) as s("firstMessageId" bigint, "fileKey" text)
        join stash_claims k on k."sourceChannelId" = ${sourceChannelId} and k."firstMessageId" = s."firstMessageId"
      where (k."state" = 'claimed' and k."accountId" <> ${accountId} and k."leaseUntil" > now())
         -- Somebody may have edited a message and put another file there.
         or (coalesce(k."fileKey" = s."fileKey", true) and (
              k."state" = 'duplicate'
              or (k."state" = 'published' and not exists (
                   select from "packages" p where p."contentHash" = k."contentHash" and p."fileCount" = 0
                 ))
            ))`,
  )
