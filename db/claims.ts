import { Effect, Option, Schema } from "effect"
import { SafeInteger, storable } from "./row.ts"
import { first, one, rows, run } from "./statement.ts"

/**
 * States of an archive set. Allowed moves:
 *
 *     (new) -> claimed -> published | duplicate | skipped     settled, for good
 *              claimed -> deferred -> claimed                 tried again at retryAt, by any account
 *              claimed -> waiting -> claimed                  ... or as soon as more volumes or bytes are there
 *              claimed -> claimed                             by another account when the lease ran out
 */
export const ClaimState = Schema.Literals(["claimed", "deferred", "waiting", "published", "duplicate", "skipped"])
export type ClaimState = typeof ClaimState.Type
export type SettledState = "published" | "duplicate" | "skipped"

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
  /** The caller has it. `token` fences it; `attempts` counts this try, the first is 1. */
  | { readonly outcome: "claimed"; readonly token: number; readonly attempts: number }
  /** Another account works on it, at least until then. */
  | { readonly outcome: "held"; readonly accountId: string; readonly until: Date }
  | { readonly outcome: "settled"; readonly state: SettledState; readonly reason: string; readonly accountId: string }
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
    Schema.Struct({ token: SafeInteger, attempts: Schema.Int }),
    (sql) => sql`
      insert into stash_claims as c (
        "sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes", "attempts",
        "leaseUntil"
      ) values (
        ${request.sourceChannelId}, ${request.firstMessageId}, ${request.accountId}, nextval('stash_token'), 'claimed',
        ${storable(request.setName)}, ${request.volumes}, ${request.bytes}, 1,
        now() + make_interval(secs => ${request.leaseSeconds})
      )
      on conflict ("sourceChannelId", "firstMessageId") do update set
        "accountId" = excluded."accountId", "token" = excluded."token", "state" = 'claimed', "reason" = '',
        "setName" = excluded."setName", "volumes" = excluded."volumes", "bytes" = excluded."bytes",
        -- Having waited for volumes is no failed attempt.
        "attempts" = c."attempts" + case when c."state" = 'waiting' then 0 else 1 end,
        "retryAt" = null, "leaseUntil" = excluded."leaseUntil", "updatedAt" = now()
      where (c."state" = 'claimed' and (c."accountId" = excluded."accountId" or c."leaseUntil" <= now()))
         or (c."state" in ('deferred', 'waiting') and c."retryAt" <= now())
         or (c."state" = 'waiting' and (c."volumes" < excluded."volumes" or c."bytes" < excluded."bytes"))
      returning c."token", c."attempts"`,
  )

const ExistingClaim = Schema.Struct({
  state: ClaimState,
  reason: Schema.String,
  accountId: Schema.String,
  retryAt: Schema.NullOr(Schema.Date),
  leaseUntil: Schema.NullOr(Schema.Date),
  isFree: Schema.Boolean,
})

const readClaim = (key: SetKey) =>
  first(
    "readClaim",
    ExistingClaim,
    (sql) => sql`
      select "state", "reason", "accountId", "retryAt", "leaseUntil",
             coalesce(coalesce("retryAt", "leaseUntil") <= now(), false) as "isFree"
      from stash_claims
      where "sourceChannelId" = ${key.sourceChannelId} and "firstMessageId" = ${key.firstMessageId}`,
  )

const outcomeOf = (existing: typeof ExistingClaim.Type): Option.Option<ClaimOutcome> => {
  const { accountId, leaseUntil, reason, retryAt, state } = existing
  if (existing.isFree) return Option.none()
  if (state === "published" || state === "duplicate" || state === "skipped") {
    return Option.some({ outcome: "settled", state, reason, accountId })
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
      set "state" = ${claim.state}, "reason" = ${claim.reason}, "leaseUntil" = null, "updatedAt" = now(),
          "contentHash" = coalesce(${claim.contentHash}::text, "contentHash")
      where "sourceChannelId" = ${claim.sourceChannelId} and "firstMessageId" = ${claim.firstMessageId}
        and "token" = ${claim.token} and "state" = 'claimed'`,
  ).pipe(Effect.map((written) => written > 0))

/**
 * Puts a set off; `countsAsAttempt` false gives the attempt back. False: the claim is no longer the caller's, and nothing was
 * written.
 */
export const deferClaim = (
  claim: HeldClaim & { readonly reason: string; readonly retryAfterSeconds: number; readonly countsAsAttempt: boolean },
) => putOff("deferred", claim)

/**
 * Lets a set wait for volumes; `reason` says which are missing. It is claimed again as soon as more of it is seen, and after
 * `retryAfterSeconds` (default: an hour) in any case. False: the claim is no longer the caller's, and nothing was written.
 */
export const waitClaim = (claim: HeldClaim & { readonly reason: string; readonly retryAfterSeconds?: number }) =>
  putOff("waiting", { ...claim, retryAfterSeconds: claim.retryAfterSeconds ?? 3600, countsAsAttempt: true })

const putOff = (
  state: "deferred" | "waiting",
  claim: HeldClaim & { readonly reason: string; readonly retryAfterSeconds: number; readonly countsAsAttempt: boolean },
) =>
  run(
    `${state} claim`,
    (sql) => sql`
      update stash_claims
      set "state" = ${state}, "reason" = ${claim.reason}, "leaseUntil" = null, "updatedAt" = now(),
          "retryAt" = now() + make_interval(secs => ${claim.retryAfterSeconds}),
          "attempts" = greatest("attempts" - ${claim.countsAsAttempt ? 0 : 1}, 0)
      where "sourceChannelId" = ${claim.sourceChannelId} and "firstMessageId" = ${claim.firstMessageId}
        and "token" = ${claim.token} and "state" = 'claimed'`,
  ).pipe(Effect.map((written) => written > 0))

/** Every set ever looked at, in the order of their first sight. */
export const claimedSets = () =>
  rows(
    "claimedSets",
    ClaimedSet,
    (sql) => sql`
      select "sourceChannelId", "firstMessageId", "accountId", "state", "reason", "contentHash", "setName", "volumes",
             "bytes", "attempts", "retryAt", "leaseUntil", "firstSeenAt", "updatedAt"
      from stash_claims order by "firstSeenAt", "sourceChannelId", "firstMessageId"`,
  )

const ClaimCounts = Schema.Struct({
  claimed: SafeInteger,
  deferred: SafeInteger,
  waiting: SafeInteger,
  published: SafeInteger,
  duplicate: SafeInteger,
  skipped: SafeInteger,
})

/** How many sets are in which state. */
export const claimCounts = () =>
  one(
    "claimCounts",
    ClaimCounts,
    (sql) => sql`
      select count(*) filter (where "state" = 'claimed') as "claimed",
             count(*) filter (where "state" = 'deferred') as "deferred",
             count(*) filter (where "state" = 'waiting') as "waiting",
             count(*) filter (where "state" = 'published') as "published",
             count(*) filter (where "state" = 'duplicate') as "duplicate",
             count(*) filter (where "state" = 'skipped') as "skipped"
      from stash_claims`,
  )
