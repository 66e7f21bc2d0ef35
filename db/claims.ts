import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SafeInteger, storable } from "./row.ts"
import { first, rows, run } from "./statement.ts"

/**
 * States of an archive set. Allowed moves:
 *
 *     (new) -> claimed -> published | duplicate | skipped     settled
 *              published | duplicate | skipped -> claimed     when its messages hold other files than those it was settled for
 *              published | duplicate -> deferred              when its package is to be published again
 *              skipped -> claimed                             when its entry in skipped_packages was taken away: try again
 *              claimed -> deferred -> claimed                 tried again at retryAt, by any account
 *              claimed -> waiting -> claimed                  ... or as soon as more volumes or bytes are there
 *              claimed -> claimed                             by another account when the lease ran out
 */
export const ClaimState = Schema.Literals(["claimed", "deferred", "waiting", "published", "duplicate", "skipped"])
export type ClaimState = typeof ClaimState.Type
export type SettledState = "published" | "duplicate" | "skipped"

/** Where a try ended that was put off. */
export const WorkStage = Schema.Literals(["scan", "download", "inspect", "lock", "publish"])
export type WorkStage = typeof WorkStage.Type

/** Names an archive set: the channel's row and the message id of its first volume. */
export interface SetKey {
  readonly sourceChannelId: string
  readonly firstMessageId: number
}

export const ClaimedSet = Schema.Struct({
  sourceChannelId: Schema.String,
  firstMessageId: SafeInteger,
  accountId: Schema.String,
  state: ClaimState,
  /** Why it is in this state; empty when there is nothing to say. */
  reason: Schema.String,
  /** Where the last try ended; null when it was not put off. */
  stage: Schema.NullOr(WorkStage),
  contentHash: Schema.NullOr(Schema.String),
  setName: Schema.String,
  volumes: Schema.Int,
  bytes: SafeInteger,
  attempts: Schema.Int,
  retryAt: Schema.NullOr(Schema.Date),
  leaseUntil: Schema.NullOr(Schema.Date),
  firstSeenAt: Schema.Date,
  updatedAt: Schema.Date,
})
export type ClaimedSet = typeof ClaimedSet.Type

export type ClaimOutcome =
  /** The caller has it. `token` fences it; `attempts` counts this try, the first is 1. `isNew`: nobody has seen it before. */
  | { readonly outcome: "claimed"; readonly token: number; readonly attempts: number; readonly isNew: boolean }
  /** Another account works on it, at least until then. */
  | { readonly outcome: "held"; readonly accountId: string; readonly until: Date }
  | {
      readonly outcome: "settled"
      readonly state: SettledState
      readonly reason: string
      readonly accountId: string
      /** Null: what was skipped before its content was known. */
      readonly contentHash: string | null
    }
  /** Put off, or waiting for volumes. */
  | {
      readonly outcome: "later"
      readonly state: "deferred" | "waiting"
      readonly retryAt: Date
      readonly reason: string
    }

export interface ClaimRequest extends SetKey {
  readonly accountId: string
  readonly setName: string
  readonly volumes: number
  readonly bytes: number
  /** Says which files the set is made of; equal for equal files, wherever they were posted. Null: not known. */
  readonly fileKey: string | null
  readonly leaseSeconds: number
}

/**
 * Claims a set before its download, so that of all accounts in a channel one works on it. An account's own claim is given again,
 * with a new token: it is a leftover of an earlier life, as one account has one cell.
 */
export const claimSet = Effect.fn("claimSet")(function* (request: ClaimRequest) {
  for (;;) {
    const taken = yield* takeClaim(request)
    if (Option.isSome(taken)) return { outcome: "claimed", ...taken.value } as ClaimOutcome
    const refusal = Option.flatMap(yield* readClaim(request), outcomeOf)
    // None: it became free between the two statements.
    if (Option.isSome(refusal)) return refusal.value
  }
})

const takeClaim = (request: ClaimRequest) =>
  first(
    "claimSet",
    Schema.Struct({ token: SafeInteger, attempts: Schema.Int, isNew: Schema.Boolean }),
    (sql) => sql`
      insert into stash_claims as c (
        "sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes", "fileKey",
        "attempts", "leaseUntil"
      ) values (
        ${request.sourceChannelId}, ${request.firstMessageId}, ${request.accountId}, nextval('stash_token'), 'claimed',
        ${storable(request.setName)}, ${request.volumes}, ${request.bytes}, ${request.fileKey}, 1,
        now() + make_interval(secs => ${request.leaseSeconds})
      )
      on conflict ("sourceChannelId", "firstMessageId") do update set
        "accountId" = excluded."accountId", "token" = excluded."token", "state" = 'claimed', "reason" = '',
        "setName" = excluded."setName", "volumes" = excluded."volumes", "bytes" = excluded."bytes",
        "fileKey" = excluded."fileKey", "stage" = null,
        "attempts" = case
          -- Having waited for volumes is no failed attempt.
          when c."state" = 'waiting' then c."attempts"
          when c."state" in ('claimed', 'deferred') then c."attempts" + 1
          else 1
        end,
        "contentHash" = case when c."state" in ('published', 'duplicate') then null else c."contentHash" end,
        "retryAt" = null, "leaseUntil" = excluded."leaseUntil", "updatedAt" = now()
      where (c."state" = 'claimed' and (c."accountId" = excluded."accountId" or c."leaseUntil" <= now()))
         or (c."state" in ('deferred', 'waiting') and c."retryAt" <= now())
         or (c."state" = 'waiting' and (c."volumes" < excluded."volumes" or c."bytes" < excluded."bytes"))
         -- Somebody edited a message and put another file there, or a volume came after all.
         or (c."state" in ('published', 'duplicate', 'skipped') and c."fileKey" <> excluded."fileKey")
         -- A skipped set and its entry in the app's list are written together: without the entry it is to be tried again.
         or (c."state" = 'skipped' and not exists (
              select from "skipped_packages" s
              where s."sourceChannelId" = c."sourceChannelId" and s."sourceMessageId" = c."firstMessageId"
            ))
      returning c."token", c."attempts", c.xmax = 0 as "isNew"`,
  )

const ExistingClaim = Schema.Struct({
  state: ClaimState,
  reason: Schema.String,
  accountId: Schema.String,
  contentHash: Schema.NullOr(Schema.String),
  retryAt: Schema.NullOr(Schema.Date),
  leaseUntil: Schema.NullOr(Schema.Date),
  isFree: Schema.Boolean,
})

const readClaim = (key: SetKey) =>
  first(
    "readClaim",
    ExistingClaim,
    (sql) => sql`
      select "state", "reason", "accountId", "contentHash", "retryAt", "leaseUntil",
             coalesce(coalesce("retryAt", "leaseUntil") <= now(), false) as "isFree"
      from stash_claims
      where "sourceChannelId" = ${key.sourceChannelId} and "firstMessageId" = ${key.firstMessageId}`,
  )

const outcomeOf = (existing: typeof ExistingClaim.Type): Option.Option<ClaimOutcome> => {
  const { accountId, contentHash, leaseUntil, reason, retryAt, state } = existing
  if (existing.isFree) return Option.none()
  if (state === "published" || state === "duplicate" || state === "skipped") {
    return Option.some({ outcome: "settled", state, reason, accountId, contentHash })
  }
  if (state === "claimed")
    return Option.map(Option.fromNullOr(leaseUntil), (until) => ({ outcome: "held", accountId, until }))
  return Option.map(Option.fromNullOr(retryAt), (at) => ({ outcome: "later", state, retryAt: at, reason }))
}

/** Says that the account still works on all it has claimed; answers with how many sets that are. */
export const renewLeases = (accountId: string, leaseSeconds: number) =>
  run(
    "renewLeases",
    (sql) => sql`
      update stash_claims set "leaseUntil" = now() + make_interval(secs => ${leaseSeconds})
      where "accountId" = ${accountId} and "state" = 'claimed'`,
  )

/** An orderly stop: others may take over at once, and the try that was cut short does not count. */
export const releaseClaims = (accountId: string) =>
  run(
    "releaseClaims",
    (sql) => sql`
      update stash_claims
      set "leaseUntil" = now(), "attempts" = greatest("attempts" - 1, 0), "updatedAt" = now()
      where "accountId" = ${accountId} and "state" = 'claimed' and "leaseUntil" > now()`,
  ).pipe(Effect.asVoid)

/** A claim's holder, by the token it was given. */
interface HeldClaim extends SetKey {
  readonly token: number
}

/** Ends the work on a set for good. False: the claim is no longer the caller's, and nothing was written. */
export const settleClaim = (
  claim: HeldClaim & {
    readonly state: SettledState
    readonly reason: string
    readonly contentHash: string | null
  },
) =>
  run(
    "settleClaim",
    (sql) => sql`
      update stash_claims
      set "state" = ${claim.state}, "reason" = ${storable(claim.reason)}, "leaseUntil" = null, "updatedAt" = now(),
          "contentHash" = coalesce(${claim.contentHash}::text, "contentHash")
      where "sourceChannelId" = ${claim.sourceChannelId} and "firstMessageId" = ${claim.firstMessageId}
        and "token" = ${claim.token} and "state" = 'claimed'`,
  ).pipe(Effect.map((written) => written > 0))

/**
 * Puts a set off; `countsAsAttempt` false gives the attempt back. False: the claim is no longer the caller's, and nothing was
 * written.
 */
export const deferClaim = (
  claim: HeldClaim & {
    readonly reason: string
    readonly stage: WorkStage
    readonly retryAfterSeconds: number
    readonly countsAsAttempt: boolean
  },
) => putOff("deferred", claim)

/**
 * Lets a set wait for volumes; `reason` says which are missing. It is claimed again as soon as more of it is seen, and after
 * `retryAfterSeconds` (default: an hour) in any case. False: the claim is no longer the caller's, and nothing was written.
 */
export const waitClaim = (
  claim: HeldClaim & { readonly reason: string; readonly stage: WorkStage; readonly retryAfterSeconds?: number },
) => putOff("waiting", { ...claim, retryAfterSeconds: claim.retryAfterSeconds ?? 3600, countsAsAttempt: true })

const putOff = (
  state: "deferred" | "waiting",
  claim: HeldClaim & {
    readonly reason: string
    readonly stage: WorkStage
    readonly retryAfterSeconds: number
    readonly countsAsAttempt: boolean
  },
) =>
  run(
    `${state} claim`,
    (sql) => sql`
      update stash_claims
      set "state" = ${state}, "reason" = ${storable(claim.reason)}, "stage" = ${claim.stage}, "leaseUntil" = null,
          "updatedAt" = now(),
          "retryAt" = now() + make_interval(secs => ${claim.retryAfterSeconds}),
          "attempts" = greatest("attempts" - ${claim.countsAsAttempt ? 0 : 1}, 0)
      where "sourceChannelId" = ${claim.sourceChannelId} and "firstMessageId" = ${claim.firstMessageId}
        and "token" = ${claim.token} and "state" = 'claimed'`,
  ).pipe(Effect.map((written) => written > 0))

/** Lets go of a claim as if nobody had ever looked at the set; one that is being published stays. */
export const forgetClaim = ({ firstMessageId, sourceChannelId, token }: HeldClaim) =>
  run(
    "forgetClaim",
    (sql) => sql`
      delete from stash_claims k
      where "sourceChannelId" = ${sourceChannelId} and "firstMessageId" = ${firstMessageId} and "token" = ${token}
        and not exists (
          select from stash_publications p
          where p."sourceChannelId" = k."sourceChannelId" and p."firstMessageId" = k."firstMessageId"
        )`,
  ).pipe(Effect.asVoid)

/** Every set ever looked at, in the order of their first sight. */
export const claimedSets = () =>
  rows(
    "claimedSets",
    ClaimedSet,
    (sql) => sql`
      select "sourceChannelId", "firstMessageId", "accountId", "state", "reason", "stage", "contentHash", "setName",
             "volumes", "bytes", "attempts", "retryAt", "leaseUntil", "firstSeenAt", "updatedAt"
      from stash_claims order by "firstSeenAt", "sourceChannelId", "firstMessageId"`,
  )

/** A set that somebody began and that is not settled, with the messages it was made of when it was last looked at. */
export const UnsettledSet = Schema.Struct({
  firstMessageId: SafeInteger,
  /** Who began it; null: an account that was removed. */
  accountId: Schema.NullOr(Schema.String),
  setName: Schema.String,
  volumes: Schema.Int,
  bytes: SafeInteger,
  messageIds: Schema.Array(SafeInteger),
})
export type UnsettledSet = typeof UnsettledSet.Type

/**
 * The sets of one channel that are not settled, and the published ones whose metadata is still pending: what must be found
 * there again.
 */
export const unsettledSets = (sourceChannelId: string) =>
  rows(
    "unsettledSets",
    UnsettledSet,
    (sql) => sql`
      select k."firstMessageId", a."id" as "accountId", k."setName", k."volumes", k."bytes",
             to_jsonb(coalesce(s."messageIds", array[k."firstMessageId"])) as "messageIds"
      from stash_claims k left join stash_set_messages s using ("sourceChannelId", "firstMessageId")
        left join "telegram_accounts" a on a."id" = k."accountId"
      where k."sourceChannelId" = ${sourceChannelId} and (
        k."state" in ('claimed', 'deferred', 'waiting')
        or (k."state" = 'published' and k."contentHash" in (
          select "contentHash" from "packages" where "fileCount" = 0
        ))
      )
      order by k."firstMessageId"`,
  )

/** The sets that an account has begun and not settled, by their chats (TDLib's ids) and first messages. */
export const begunSets = (accountId: string) =>
  rows(
    "begunSets",
    Schema.Struct({ chatId: SafeInteger, firstMessageId: SafeInteger }),
    (sql) => sql`
      select c."telegramId" as "chatId", k."firstMessageId"
      from stash_claims k join "telegram_channels" c on c."id" = k."sourceChannelId"
      where k."accountId" = ${accountId} and k."state" in ('claimed', 'deferred', 'waiting')`,
  )

/**
 * Where the sets begin that lie between two messages of a channel, both excluded; those that anybody has looked at. An earlier
 * worker knew no claims, but its packages tell.
 */
export const setStartsBetween = (sourceChannelId: string, after: number, before: number) =>
  rows(
    "setStartsBetween",
    Schema.Struct({ firstMessageId: SafeInteger }),
    (sql) => sql`
      select "firstMessageId" from stash_claims
      where "sourceChannelId" = ${sourceChannelId} and "firstMessageId" > ${after} and "firstMessageId" < ${before}
      union
      select "sourceMessageId" from "packages"
      where "sourceChannelId" = ${sourceChannelId} and "sourceMessageId" > ${after} and "sourceMessageId" < ${before}
      order by 1 desc limit 100`,
  ).pipe(Effect.map((found) => found.map(({ firstMessageId }) => firstMessageId)))
