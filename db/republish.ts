import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { callAccounts, setMarksBack } from "./channels.ts"
import { unpublish } from "./leftovers.ts"
import { SafeInteger } from "./row.ts"
import { rows, run, transaction } from "./statement.ts"

const PlaceToRead = Schema.Struct({ channelId: Schema.String, title: Schema.String, messageId: SafeInteger })

/** Where a package's content can be read again: every set that was found to hold it, and the one it was made from. */
const placesToRead = (packageId: string) =>
  rows(
    "placesToRead",
    PlaceToRead,
    (sql) => sql`
      select c."id" as "channelId", c."title", s."messageId" from (
        select p."sourceChannelId" as "channelId", p."sourceMessageId" as "messageId" from "packages" p
        where p."id" = ${packageId}
        union
        select k."sourceChannelId", k."firstMessageId"
        from stash_claims k join "packages" p on p."contentHash" = k."contentHash"
        where p."id" = ${packageId}
      ) s join "telegram_channels" c on c."id" = s."channelId"
      order by c."title", s."messageId"`,
  )

const reopenClaims = (packageId: string) =>
  run(
    "reopenClaims",
    (sql) => sql`
      update stash_claims k
      set "state" = 'deferred', "reason" = 'to be published again', "stage" = 'scan', "attempts" = 0, "retryAt" = now(),
          "leaseUntil" = null, "updatedAt" = now()
      from "packages" p
      where p."id" = ${packageId} and k."contentHash" = p."contentHash" and k."state" in ('published', 'duplicate')`,
  )

/**
 * Lets a package be published again from where its content was seen: what it still has in the destination is deleted by
 * the next sweep, its sets are opened again, and the marks of their channels set back.
 * @returns the places where it will be looked for
 */
export const republishPackage = (packageId: string) =>
  transaction(
    "republishPackage",
    Effect.gen(function* () {
      const places = yield* placesToRead(packageId)
      yield* unpublish(packageId)
      yield* reopenClaims(packageId)
      yield* run("forgetCheck", (sql) => sql`delete from stash_package_checks where "packageId" = ${packageId}`)
      for (const { channelId, messageId } of places) yield* setMarksBack(channelId, messageId)
      yield* callAccounts()
      return places
    }),
  )
