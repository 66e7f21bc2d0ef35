import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { claimSet, deferClaim, settleClaim, waitClaim } from "../../db/claims.ts"
import { isBeingPublished } from "../../db/journal.ts"
import { LockSession } from "../../db/lock-session.ts"
import { packageByHash, packageBySource } from "../../db/packages.ts"
import { type SkipReason, skipSet } from "../../db/skipped.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { LEASE_SECONDS } from "./claim-leases.ts"
import { inspectSet } from "./cpu-stages.ts"
import { downloadSet } from "./download-set.ts"
import { enrichPackage } from "./enrich.ts"
import { publishSet } from "./publish.ts"
import { removeSetFolder } from "./set-folder.ts"
import { type Departure, type SetWork, setKeyOf } from "./set-work.ts"
import { type Trouble, troubleOf } from "./trouble.ts"

/** A set that failed this often is skipped, visibly, instead of being tried for ever (P6). */
const MAX_ATTEMPTS = 5
/** ... and one that was claimed this often, without ever coming to an end, takes its account down each time. */
const MAX_CLAIMS = 4 * MAX_ATTEMPTS
const FIRST_RETRY_SECONDS = 30
const HALF_PUBLISHED_RETRY_SECONDS = 900

const left = (outcome: Departure["outcome"], reason: string): Departure => ({
  outcome,
  reason,
  contentHash: null,
  parts: 0,
})

const identityOf = (work: SetWork) => ({
  sourceChannelId: work.source.channelId,
  firstMessageId: work.set.firstMessageId,
})

const claim = Effect.fn("claim")(function* (work: SetWork) {
  const { accountId } = yield* AccountConfig
  return yield* claimSet({
    ...identityOf(work),
    accountId,
    setName: work.set.name,
    volumes: work.set.volumes.length,
    bytes: work.set.bytes,
    leaseSeconds: LEASE_SECONDS,
  })
})

/** Settles a set as skipped, with a reason that an operator can read; one that is half published is tried for ever. */
const skip = Effect.fn("skip")(function* (work: SetWork, token: number, kind: SkipReason, reason: string) {
  const { accountId } = yield* AccountConfig
  if (yield* isBeingPublished(identityOf(work))) {
    yield* deferClaim({
      ...identityOf(work),
      token,
      reason,
      retryAfterSeconds: HALF_PUBLISHED_RETRY_SECONDS,
      countsAsAttempt: false,
    })
    return left("deferred", reason)
  }
  const first = work.set.volumes[0]
  const isOurs = yield* skipSet({
    token,
    fileName: work.set.name,
    fileSize: work.set.bytes,
    reason: kind,
    errorMessage: reason,
    sourceChannelId: work.source.channelId,
    sourceMessageId: work.set.firstMessageId,
    sourceTopicId: first?.topicId ?? null,
    isMultipart: work.set.volumes.length > 1,
    partCount: work.set.volumes.length,
    accountId,
  })
  return isOurs ? left("skipped", reason) : left("deferred", "another account took the set over")
})

/** Settles a set whose content the library already has. */
const duplicate = Effect.fn("duplicate")(function* (work: SetWork, token: number, contentHash: string, of: string) {
  const reason = `same content as ${of}`
  yield* settleClaim({ ...identityOf(work), token, state: "duplicate", reason, contentHash })
  return { ...left("duplicate", reason), contentHash }
})

/** A set that lacks volumes waits, and after MULTIPART_TIMEOUT_HOURS is skipped with what it lacked. */
const holdBack = Effect.fn("holdBack")(function* (work: SetWork, token: number, reason: string) {
  const { multipartTimeoutHours } = yield* AccountConfig
  const newest = Math.max(...work.set.volumes.map((volume) => volume.date))
  const ageHours = ((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1000 - newest) / 3600
  if (multipartTimeoutHours > 0 && ageHours > multipartTimeoutHours)
    return yield* skip(work, token, "DOWNLOAD_FAILED", `${reason}; gave up after ${multipartTimeoutHours} h`)
  yield* waitClaim({ ...identityOf(work), token, reason })
  return left("waiting", reason)
})

/** Looks at the set again later; after too many attempts it is skipped. */
const putOff = Effect.fn("putOff")(function* (work: SetWork, token: number, attempts: number, trouble: Trouble) {
  if (trouble.countsAsAttempt && attempts >= MAX_ATTEMPTS)
    return yield* skip(work, token, trouble.skipKind, `${trouble.reason}; gave up after ${attempts} attempts`)
  const retryAfterSeconds =
    trouble.retryAfterSeconds ?? FIRST_RETRY_SECONDS * 2 ** Math.min(Math.max(attempts - 1, 0), 7)
  const { countsAsAttempt, reason } = trouble
  yield* deferClaim({ ...identityOf(work), token, reason, retryAfterSeconds, countsAsAttempt })
  yield* logEvent.warn("set.deferred", "The set is put off", { reason: trouble.reason, retryAfterSeconds })
  return left("deferred", trouble.reason)
})

/** The way of a claimed set, from its messages to the library. */
const travel = Effect.fn("travel")(
  function* (work: SetWork, token: number) {
    const locks = yield* LockSession
    yield* reach("claim.taken")
    const digest = yield* downloadSet(work)
    yield* reach("digest.done")
    const { contentHash } = digest
    const known = yield* packageByHash(contentHash)
    if (Option.isSome(known)) return yield* duplicate(work, token, contentHash, known.value.fileName)
    const inspection = yield* inspectSet(work, digest)
    // Its names look complete, its headers know better: more volumes may still be posted.
    if (inspection.state === "incomplete" && work.set.volumes.length > 1)
      return yield* holdBack(work, token, `incomplete: ${inspection.detail}`)
    if (inspection.state === "incomplete" || inspection.state === "damaged" || inspection.state === "renamed")
      return yield* skip(work, token, "EXTRACT_FAILED", `${inspection.state}: ${inspection.detail}`)

    yield* reach("inspect.done")
    const underLock = Effect.gen(function* () {
      yield* reach("lock.taken")
      // Somebody may have published it and let go of the lock between the first look and now.
      const meanwhile = yield* packageByHash(contentHash)
      if (Option.isSome(meanwhile)) return yield* duplicate(work, token, contentHash, meanwhile.value.fileName)
      const published = yield* publishSet(work, token, digest)
      // Under the lock, so that nobody else takes the stub for a forgotten one.
      yield* enrichPackage(work, published.packageId, inspection)
      return { outcome: "published", reason: "", contentHash, ...published } as const
    })
    const result = yield* locks.withHashLock(contentHash, underLock)
    yield* reach("lock.released")
    if (Option.isNone(result)) {
      const reason = "another account is publishing the same content"
      yield* deferClaim({ ...identityOf(work), token, reason, retryAfterSeconds: 2, countsAsAttempt: false })
      return left("deferred", reason)
    }
    return result.value
  },
  Effect.annotateLogs({ stage: "travel" }),
)

/**
 * Whoever published it died before the metadata was written: the files are fetched once more for it, by whichever
 * account comes first. Undefined when there is nothing left to do.
 */
const completeMetadata = Effect.fn("completeMetadata")(function* (work: SetWork, contentHash: string) {
  const locks = yield* LockSession
  const underLock = Effect.gen(function* () {
    const stub = yield* packageByHash(contentHash)
    if (Option.isNone(stub) || stub.value.fileCount > 0) return
    const digest = yield* downloadSet(work)
    yield* enrichPackage(work, stub.value.id, yield* inspectSet(work, digest))
  })
  const result = yield* locks.withHashLock(contentHash, underLock)
  return Option.isSome(result) ? undefined : left("deferred", "another account is recording what is inside")
})

/** Claims the set and sends it on its way; undefined when it was settled before and there is nothing to do. */
const claimAndTravel = Effect.fn("claimAndTravel")(function* (work: SetWork) {
  const existing = yield* packageBySource(work.source.channelId, work.set.firstMessageId)
  if (Option.isSome(existing) && existing.value.fileCount > 0) return undefined
  const claimed = yield* claim(work)
  switch (claimed.outcome) {
    case "held":
      return left("deferred", "another account is working on it")
    case "later":
      return left(work.set.state === "complete" ? "deferred" : "waiting", claimed.reason)
    case "settled": {
      if (claimed.state !== "published" || Option.isNone(existing)) return undefined
      return yield* completeMetadata(work, existing.value.contentHash).pipe(
        Effect.catch((error) => Effect.map(troubleOf(error), ({ reason }) => left("deferred", `metadata: ${reason}`))),
      )
    }
    case "claimed": {
      const { attempts, token } = claimed
      if (work.set.state !== "complete") return yield* holdBack(work, token, `${work.set.state}: ${work.set.problem}`)
      if (attempts > MAX_CLAIMS && !(yield* isBeingPublished(identityOf(work))))
        return yield* skip(work, token, "EXTRACT_FAILED", `the account ended ${attempts - 1} times while working on it`)
      const { maxSetBytes } = yield* AccountConfig
      if (work.set.bytes > maxSetBytes)
        return yield* skip(work, token, "SIZE_LIMIT", `${work.set.bytes} bytes are over the limit of ${maxSetBytes}`)
      return yield* travel(work, token).pipe(
        Effect.catch((error) => Effect.flatMap(troubleOf(error), (trouble) => putOff(work, token, attempts, trouble))),
      )
    }
  }
})

/**
 * Brings one archive set as far as it can come in this cycle, and says how it left; undefined when it was settled before.
 * Fails only when the account cannot go on: a lost lock session, a lost database, a closed TDLib.
 */
export const ingestSet = Effect.fn("ingestSet")(
  function* (work: SetWork) {
    const identity = { setKey: setKeyOf(work.source, work.set), name: work.set.name }
    yield* work.report({
      _tag: "SetStarted",
      ...identity,
      bytes: work.set.bytes,
      volumes: work.set.volumes.length,
    })
    const departure = yield* claimAndTravel(work)
    if (departure === undefined) {
      yield* work.report({ _tag: "SetKnown", ...identity })
      return undefined
    }
    if (departure.outcome !== "deferred" && departure.outcome !== "waiting")
      yield* removeSetFolder(work.folder).pipe(
        Effect.catch((error) =>
          logEvent.warn("folder.left", "A folder could not be removed", { error: error.message }),
        ),
      )
    yield* reach("folder.removed")
    yield* logEvent.info("set.left", `${work.set.name}: ${departure.outcome}`, { ...departure })
    yield* work.report({
      _tag: "SetLeft",
      ...identity,
      ...departure,
      sourceTitle: work.source.title,
      bytes: work.set.bytes,
    })
    return departure
  },
  (effect, work) => Effect.annotateLogs(effect, { channel: work.source.title, set: work.set.name, run: work.runId }),
)
