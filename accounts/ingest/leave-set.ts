import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { deferClaim, settleClaim, type WorkStage, waitClaim } from "../../db/claims.ts"
import { isBeingPublished } from "../../db/journal.ts"
import { type SkipReason, skipSet } from "../../db/skipped.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { type Departure, identityOf, type SetWork } from "./set-work.ts"
import type { Trouble } from "./trouble.ts"
import { gaveUp, waitingReason } from "./waiting-reason.ts"

/**
 * A set that failed this often is skipped, visibly, instead of being tried for ever (P6): after three hours. A wait that
 * Telegram asked for is no failure.
 */
export const MAX_ATTEMPTS = 8
const FIRST_RETRY_SECONDS = 30
const RETRY_FACTOR = 3
const LONGEST_RETRY_SECONDS = 3600
const HALF_PUBLISHED_RETRY_SECONDS = 900
/** Sets that failed together are not all tried again at the same moment: up to this share sooner or later. */
const JITTER = 0.25

/** The app's word for a set that was given up at a stage. */
const skipReasonAt: Readonly<Record<WorkStage, SkipReason>> = {
  scan: "DOWNLOAD_FAILED",
  download: "DOWNLOAD_FAILED",
  inspect: "EXTRACT_FAILED",
  lock: "UPLOAD_FAILED",
  publish: "UPLOAD_FAILED",
}

/** A departure without a content. */
export const left = (outcome: Departure["outcome"], reason: string): Departure => ({
  outcome,
  reason,
  contentHash: null,
  parts: 0,
})

export const heldByAnother = left("deferred", "another account is working on it")

/** The cycle is about to end: the next one looks at the set. */
export const notTakenUp = left("deferred", "the account takes no set up now")

/**
 * Settles a set as skipped, with a reason that an operator can read; one that is half published is tried for ever.
 * `token`: of the claim.
 */
export const skip = Effect.fn("skip")(function* (work: SetWork, token: number, kind: SkipReason, reason: string) {
  const { accountId } = yield* AccountConfig
  if (yield* isBeingPublished(identityOf(work))) {
    const retryAfterSeconds = HALF_PUBLISHED_RETRY_SECONDS
    const putOff = { stage: "publish", reason, retryAfterSeconds, countsAsAttempt: false } as const
    yield* deferClaim({ ...identityOf(work), token, ...putOff })
    return left("deferred", reason)
  }
  const isOurs = yield* skipSet({
    token,
    fileName: work.set.name,
    fileSize: work.set.bytes,
    reason: kind,
    errorMessage: reason,
    sourceChannelId: work.source.channelId,
    sourceMessageId: work.set.firstMessageId,
    sourceTopicId: work.set.volumes[0]?.topicId ?? null,
    isMultipart: work.set.volumes.length > 1,
    partCount: work.set.volumes.length,
    accountId,
  })
  return isOurs ? left("skipped", reason) : left("deferred", "another account took the set over")
})

/** Settles a set whose content the library already has, as `of`. */
export const duplicate = Effect.fn("duplicate")(function* (
  work: SetWork,
  token: number,
  contentHash: string,
  of: string,
) {
  const reason = `same content as ${of}`
  yield* settleClaim({ ...identityOf(work), token, state: "duplicate", reason, contentHash })
  return { ...left("duplicate", reason), contentHash }
})

/** A set that lacks volumes waits, and after MULTIPART_TIMEOUT_HOURS is skipped with what it lacked. */
export const holdBack = Effect.fn("holdBack")(function* (
  work: SetWork,
  token: number,
  stage: WorkStage,
  reason: string,
) {
  const { multipartTimeoutHours } = yield* AccountConfig
  const newest = Math.max(...work.set.volumes.map((volume) => volume.date))
  const ageHours = ((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1000 - newest) / 3600
  if (multipartTimeoutHours > 0 && ageHours > multipartTimeoutHours)
    return yield* skip(work, token, skipReasonAt[stage], gaveUp(reason, multipartTimeoutHours))
  const reasonSince = waitingReason(reason, newest)
  yield* waitClaim({ ...identityOf(work), token, stage, reason: reasonSince })
  return left("waiting", reasonSince)
})

/** Lets somebody else go on with what both want, and looks at the set again soon. */
export const standBack = Effect.fn("standBack")(function* (work: SetWork, token: number, reason: string) {
  yield* deferClaim({ ...identityOf(work), token, stage: "lock", reason, retryAfterSeconds: 2, countsAsAttempt: false })
  return left("deferred", reason)
})

/** Looks at the set again later; after too many attempts it is skipped. */
export const putOff = Effect.fn("putOff")(function* (
  work: SetWork,
  token: number,
  attempts: number,
  { countsAsAttempt, reason, stage, ...trouble }: Trouble,
) {
  if (countsAsAttempt && attempts >= MAX_ATTEMPTS)
    return yield* skip(work, token, skipReasonAt[stage], `${reason}; gave up after ${attempts} attempts`)
  const growing = FIRST_RETRY_SECONDS * RETRY_FACTOR ** Math.max(attempts - 1, 0)
  const backoff = Math.min(growing, LONGEST_RETRY_SECONDS)
  const jitter = yield* Random.nextBetween(1 - JITTER, 1 + JITTER)
  const retryAfterSeconds = trouble.retryAfterSeconds ?? Math.round(backoff * jitter)
  yield* deferClaim({ ...identityOf(work), token, stage, reason, retryAfterSeconds, countsAsAttempt })
  yield* logEvent.warn("set.deferred", "The set is put off", { stage, reason, retryAfterSeconds, attempts })
  return left("deferred", reason)
})
