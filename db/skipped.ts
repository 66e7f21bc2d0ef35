import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { callAccounts, setMarksBack } from "./channels.ts"
import { settleClaim } from "./claims.ts"
import { abandonForGood } from "./leftovers.ts"
import { notifyApp, setNotificationKey } from "./notifications.ts"
import { arrayLiteral, SafeInteger, storable } from "./row.ts"
import { rows, run, transaction } from "./statement.ts"

export const SkipReason = Schema.Literals(["SIZE_LIMIT", "DOWNLOAD_FAILED", "EXTRACT_FAILED", "UPLOAD_FAILED"])
export type SkipReason = typeof SkipReason.Type

export const SkippedPackage = Schema.Struct({
  fileName: Schema.String,
  /** Bytes of all volumes. */
  fileSize: SafeInteger,
  reason: SkipReason,
  /** A sentence for the operator. */
  errorMessage: Schema.NullOr(Schema.String),
  sourceChannelId: Schema.String,
  /** The set's first message. */
  sourceMessageId: SafeInteger,
  sourceTopicId: Schema.NullOr(SafeInteger),
  isMultipart: Schema.Boolean,
  /** Volumes. */
  partCount: Schema.Int,
  accountId: Schema.String,
})
export type SkippedPackage = typeof SkippedPackage.Type

/** Puts a set on the app's list of skipped ones, or brings its entry there up to date. */
export const recordSkipped = (skipped: SkippedPackage) =>
  run(
    "recordSkipped",
    (sql) => sql`
      insert into "skipped_packages" (
        "id", "fileName", "fileSize", "reason", "errorMessage", "sourceChannelId", "sourceMessageId", "sourceTopicId",
        "isMultipart", "partCount", "accountId"
      ) values (
        gen_random_uuid()::text, ${storable(skipped.fileName)}, ${skipped.fileSize}, ${skipped.reason}::"SkipReason",
        ${skipped.errorMessage === null ? null : storable(skipped.errorMessage)}, ${skipped.sourceChannelId}, ${skipped.sourceMessageId}, ${skipped.sourceTopicId},
        ${skipped.isMultipart}, ${skipped.partCount}, ${skipped.accountId}
      )
      on conflict ("sourceChannelId", "sourceMessageId") do update set
        "fileName" = excluded."fileName", "fileSize" = excluded."fileSize", "reason" = excluded."reason",
        "errorMessage" = excluded."errorMessage", "sourceTopicId" = excluded."sourceTopicId",
        "isMultipart" = excluded."isMultipart", "partCount" = excluded."partCount",
        "accountId" = excluded."accountId", "createdAt" = now()`,
  ).pipe(Effect.asVoid)

/** Settles a claimed set as skipped and lists it, both or neither. False: the claim is no longer the caller's. */
export const skipSet = (skipped: SkippedPackage & { readonly errorMessage: string; readonly token: number }) =>
  transaction(
    "skipSet",
    Effect.gen(function* () {
      const isOurs = yield* settleClaim({
        sourceChannelId: skipped.sourceChannelId,
        firstMessageId: skipped.sourceMessageId,
        token: skipped.token,
        state: "skipped",
        reason: skipped.errorMessage,
        contentHash: null,
      })
      if (isOurs) {
        yield* recordSkipped(skipped)
        yield* tellSkipped(skipped)
      }
      return isOurs
    }),
  )

/** The bell of the app tells of a set that was given up; that one is larger than the operator wants is no trouble. */
const tellSkipped = (skipped: SkippedPackage & { readonly errorMessage: string }) => {
  const { errorMessage, fileName, reason, sourceChannelId, sourceMessageId } = skipped
  if (reason === "SIZE_LIMIT") return Effect.void
  return notifyApp({
    key: setNotificationKey(sourceChannelId, sourceMessageId),
    type: reason === "UPLOAD_FAILED" ? "UPLOAD_FAILED" : "DOWNLOAD_FAILED",
    severity: "WARNING",
    title: `Failed to process ${fileName}`,
    message: errorMessage,
    context: { fileName, sourceChannelId, sourceMessageId, reason },
  })
}

/**
 * Settles a set as skipped whose messages its account does not find in the source any more (or any account, when its own was
 * removed), and gives up what was begun of it: the parts that were sent already are noted as leftovers. False: it is no
 * longer that account's, or settled.
 */
export const skipVanished = (skipped: SkippedPackage & { readonly errorMessage: string }) =>
  transaction(
    "skipVanished",
    Effect.gen(function* () {
      const isOurs = yield* settleVanished(skipped)
      if (!isOurs) return false
      yield* abandonForGood({ sourceChannelId: skipped.sourceChannelId, firstMessageId: skipped.sourceMessageId })
      yield* recordSkipped(skipped)
      return true
    }),
  )

const settleVanished = (skipped: SkippedPackage & { readonly errorMessage: string }) =>
  run(
    "settleVanished",
    (sql) => sql`
      update stash_claims
      set "state" = 'skipped', "reason" = ${storable(skipped.errorMessage)}, "stage" = 'scan', "retryAt" = null,
          "leaseUntil" = null, "updatedAt" = now()
      where "sourceChannelId" = ${skipped.sourceChannelId} and "firstMessageId" = ${skipped.sourceMessageId}
        and ("accountId" = ${skipped.accountId} or not exists (
          select from "telegram_accounts" a where a."id" = stash_claims."accountId"
        ))
        and "state" in ('claimed', 'deferred', 'waiting')`,
  ).pipe(Effect.map((written) => written > 0))

/** An entry of the app's list of skipped sets. */
export const SkippedEntry = Schema.Struct({
  id: Schema.String,
  ...SkippedPackage.fields,
  channelTitle: Schema.String,
  createdAt: Schema.Date,
})
export type SkippedEntry = typeof SkippedEntry.Type

/** Newest first. */
export const skippedPackages = () =>
  rows(
    "skippedPackages",
    SkippedEntry,
    (sql) => sql`
      select s."id", s."fileName", s."fileSize", s."reason", s."errorMessage", s."sourceChannelId", s."sourceMessageId",
             s."sourceTopicId", s."isMultipart", s."partCount", s."accountId", c."title" as "channelTitle", s."createdAt"
      from "skipped_packages" s join "telegram_channels" c on c."id" = s."sourceChannelId"
      order by s."createdAt" desc, s."id"`,
  )

const MAX_BEFORE = 1000

/** Sets that were given up in a channel before a message, the newest first; a thousand at most. */
export const skippedBefore = (sourceChannelId: string, messageId: number) =>
  rows(
    "skippedBefore",
    Schema.Struct({ id: Schema.String, fileName: Schema.String }),
    (sql) => sql`
      select "id", "fileName" from "skipped_packages"
      where "sourceChannelId" = ${sourceChannelId} and "sourceMessageId" < ${messageId}
      order by "sourceMessageId" desc limit ${MAX_BEFORE}`,
  )

const takeFromList = (ids: ReadonlyArray<string>) =>
  rows(
    "takeFromList",
    Schema.Struct({ channelId: Schema.String, messageId: SafeInteger }),
    (sql) => sql`
      delete from "skipped_packages" where "id" = any(${arrayLiteral(ids)}::text[])
      returning "sourceChannelId" as "channelId", "sourceMessageId" as "messageId"`,
  )

/**
 * Lets skipped sets be tried again, with all their attempts: without its entry a skipped set may be claimed, and the
 * marks of its channel are set back to it. Calls the accounts.
 */
export const retrySkipped = (ids: ReadonlyArray<string>) =>
  transaction(
    "retrySkipped",
    Effect.gen(function* () {
      const taken = yield* takeFromList(ids)
      for (const { channelId, messageId } of taken) yield* setMarksBack(channelId, messageId)
      if (taken.length > 0) yield* callAccounts()
      return taken.length
    }),
  )
