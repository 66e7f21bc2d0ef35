import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { claimSet } from "../../db/claims.ts"
import { type Standing, setStandingOf } from "../../db/former-work.ts"
import { isBeingPublished } from "../../db/journal.ts"
import { LockSession } from "../../db/lock-session.ts"
import { noteFoundPost } from "../../db/package-posts.ts"
import { type PackageSummary, packageByHash, publishedByHash } from "../../db/packages.ts"
import { contentOfFiles, earlierWorkOn } from "../../db/places.ts"
import type { DigestResult, InspectResult } from "../../src/cpu/jobs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { timed } from "../meter.ts"
import { ONE_MESSAGE } from "../telegram/document-pages.ts"
import { LEASE_SECONDS } from "./claim-leases.ts"
import { inspectSet } from "./cpu-stages.ts"
import { downloadSet } from "./download-set.ts"
import { Drain } from "./drain.ts"
import { enrichPackage } from "./enrich.ts"
import { fileKeyOf } from "./file-key.ts"
import { asKnown } from "./former-digest.ts"
import { reviveForLateVolumes } from "./late-volume.ts"
import { duplicate, heldByAnother, holdBack, left, MAX_ATTEMPTS, putOff, skip, standBack } from "./leave-set.ts"
import type { Place } from "./places.ts"
import { publishSet } from "./publish.ts"
import { removeSetFolder } from "./set-folder.ts"
import { foundPost } from "./set-post.ts"
import { departureEvent, identityOf, type SetWork, setKeyOf } from "./set-work.ts"
import { type Trouble, troubleOf } from "./trouble.ts"
import { turnBack } from "./turn-back.ts"

/** Waits for the set's place among those that travel, until the scope ends. */
type InPlace = Effect.Effect<Place, never, Scope.Scope>

/** A set that was claimed this often, without ever coming to an end, takes its account down each time. */
const MAX_CLAIMS = 4 * MAX_ATTEMPTS

const claim = Effect.fn("claim")(function* (work: SetWork) {
  const { accountId } = yield* AccountConfig
  return yield* claimSet({
    ...identityOf(work),
    accountId,
    setName: work.set.name,
    volumes: work.set.volumes.length,
    bytes: work.set.bytes,
    fileKey: fileKeyOf(work.set.volumes),
    leaseSeconds: LEASE_SECONDS,
  })
})

/** Where a set stands that may be claimed next; a library that another worker began is no news. */
export const lookAtSet = Effect.fn("lookAtSet")(function* (work: SetWork) {
  const { accountId } = yield* AccountConfig
  const { set, source } = work
  const topics = new Set(set.volumes.map(({ topicId }) => topicId))
  const [topicId = null] = topics.size === 1 ? topics : []
  return yield* setStandingOf({
    ...identityOf(work),
    accountId,
    mapId: source.mapId,
    lastMessageId: Math.max(...set.volumes.map(({ messageId }) => messageId)),
    messageIds: set.volumes.map(({ messageId }) => messageId),
    topicId: topicId === null ? null : topicId * ONE_MESSAGE,
    setName: set.name,
    volumes: set.volumes.length,
    bytes: set.bytes,
    fileKey: fileKeyOf(set.volumes),
  })
})

/** What is known of the set's files from other places, before anything is downloaded. */
const lookElsewhere = Effect.fn("lookElsewhere")(function* (work: SetWork, token: number) {
  const fileKey = fileKeyOf(work.set.volumes)
  if (fileKey === null) return undefined
  const known = yield* contentOfFiles(fileKey)
  if (Option.isSome(known)) return yield* duplicate(work, token, known.value.contentHash, known.value.fileName)
  const earlier = yield* earlierWorkOn(fileKey, token)
  if (Option.isNone(earlier)) return undefined
  const { channelTitle, setName } = earlier.value
  return yield* standBack(work, token, `the same files are on their way already, as ${setName} of ${channelTitle}`)
})

/**
 * Whoever published it died before the metadata was written: that is made up for by whichever account comes first, of what
 * `inspected` finds in the files. Undefined when there is nothing left to do.
 */
const completeMetadata = Effect.fn("completeMetadata")(function* <E, R>(
  work: SetWork,
  contentHash: string,
  inspected: Effect.Effect<InspectResult, E, R>,
) {
  const locks = yield* LockSession
  const drain = yield* Drain
  const underLock = Effect.gen(function* () {
    const stub = yield* packageByHash(contentHash)
    if (Option.isNone(stub) || stub.value.fileCount > 0) return
    const inspection = yield* drain.interruptible(inspected)
    yield* noteFoundPost(foundPost(work, stub.value.id))
    yield* enrichPackage(work, stub.value.id, inspection)
  })
  const result = yield* locks.withHashLock(contentHash, underLock)
  return Option.isSome(result) ? undefined : left("deferred", "another account is recording what is inside")
})

const notListed = ({ reason }: Trouble) =>
  logEvent.warn("metadata.pending", "What is inside could not be recorded yet", { reason })

/** The library has this content; if it never was listed, its files lie here now. */
const duplicateOf = Effect.fn("duplicateOf")(function* (
  work: SetWork,
  token: number,
  digest: DigestResult,
  known: PackageSummary,
) {
  if (known.fileCount === 0)
    yield* completeMetadata(work, digest.contentHash, inspectSet(work, digest)).pipe(
      // It is a duplicate all the same; a rest of some account is used for the listing.
      Effect.catch((error) => Effect.flatMap(troubleOf(error), notListed)),
    )
  return yield* duplicate(work, token, digest.contentHash, known.fileName)
})

/** The way of a claimed set, from its messages to the library. */
const travel = Effect.fn("travel")(
  function* (work: SetWork, token: number, place: Place) {
    const locks = yield* LockSession
    const drain = yield* Drain
    yield* reach("claim.taken")
    const elsewhere = yield* lookElsewhere(work, token)
    if (elsewhere !== undefined) return elsewhere
    const turnedBack = yield* turnBack(work, token)
    if (turnedBack !== undefined) return turnedBack
    const digest = yield* drain.interruptible(Effect.flatMap(downloadSet(work, place), asKnown(work)))
    yield* reach("digest.done")
    const { contentHash } = digest
    const known = yield* publishedByHash(contentHash)
    if (Option.isSome(known)) return yield* duplicateOf(work, token, digest, known.value)
    const inspection = yield* drain.interruptible(timed("inspect")(inspectSet(work, digest)))
    // Its names look complete, its headers know better: more volumes may still be posted.
    if (inspection.state === "incomplete" && work.set.volumes.length > 1)
      return yield* holdBack(work, token, "inspect", `incomplete: ${inspection.detail}`)
    if (inspection.state === "incomplete" || inspection.state === "damaged" || inspection.state === "renamed")
      return yield* skip(work, token, "EXTRACT_FAILED", `${inspection.state}: ${inspection.detail}`)

    yield* reach("inspect.done")
    const underLock = Effect.gen(function* () {
      yield* reach("lock.taken")
      // Somebody may have published it and let go of the lock between the first look and now.
      const meanwhile = yield* publishedByHash(contentHash)
      if (Option.isSome(meanwhile)) return yield* duplicate(work, token, contentHash, meanwhile.value.fileName)
      const published = yield* publishSet(work, token, digest)
      // Under the lock, so that nobody else takes the stub for a forgotten one.
      yield* timed("metadata")(enrichPackage(work, published.packageId, inspection))
      return { outcome: "published", reason: "", contentHash, ...published } as const
    })
    const result = yield* locks.withHashLock(contentHash, underLock)
    yield* reach("lock.released")
    return Option.isSome(result)
      ? result.value
      : yield* standBack(work, token, "another account is publishing the same content")
  },
  Effect.annotateLogs({ stage: "travel" }),
)

/** Claims the set and sends it on its way; undefined when it was settled before and there is nothing to do. */
const claimAndTravel = Effect.fn("claimAndTravel")(function* (work: SetWork, inPlace: InPlace) {
  const claimed = yield* claim(work)
  switch (claimed.outcome) {
    case "held":
      return heldByAnother
    case "later":
      return left(work.set.state === "complete" ? "deferred" : "waiting", claimed.reason)
    case "settled": {
      if (claimed.state !== "published" || claimed.contentHash === null) return undefined
      const stub = yield* packageByHash(claimed.contentHash)
      if (Option.isNone(stub) || stub.value.fileCount > 0) return undefined
      const files = inPlace.pipe(
        Effect.flatMap((place) => downloadSet(work, place)),
        Effect.flatMap((digest) => inspectSet(work, digest)),
      )
      return yield* completeMetadata(work, claimed.contentHash, files).pipe(
        Effect.catch((error) => Effect.map(troubleOf(error), ({ reason }) => left("deferred", `metadata: ${reason}`))),
      )
    }
    case "claimed": {
      const { attempts, isNew, token } = claimed
      if (isNew && work.set.state !== "complete") yield* reviveForLateVolumes(work)
      if (attempts > MAX_CLAIMS && !(yield* isBeingPublished(identityOf(work))))
        return yield* skip(work, token, "EXTRACT_FAILED", `the account ended ${attempts - 1} times while working on it`)
      // Telegram's terms leave no choice here, so there is no setting.
      if (work.set.volumes.some(({ canBeSaved }) => !canBeSaved))
        return yield* skip(work, token, "DOWNLOAD_FAILED", "protected content: Telegram does not let it be saved")
      const { maxSetBytes } = yield* AccountConfig
      if (work.set.bytes > maxSetBytes)
        return yield* skip(work, token, "SIZE_LIMIT", `${work.set.bytes} bytes are over the limit of ${maxSetBytes}`)
      return yield* travel(work, token, yield* inPlace).pipe(
        Effect.catch((error) => Effect.flatMap(troubleOf(error), (trouble) => putOff(work, token, attempts, trouble))),
      )
    }
  }
})

/**
 * Brings one archive set, which stands at `standing`, as far as it can come in this cycle, and says how it left; undefined
 * when it was settled before. Fails only when the account cannot go on: a lost lock session, a lost database, a closed
 * TDLib.
 */
export const ingestSet = Effect.fn("ingestSet")(
  function* (work: SetWork, standing: Standing, inPlace: InPlace) {
    yield* Effect.annotateCurrentSpan({ set: work.set.name, source: work.source.title, bytes: work.set.bytes })
    const identity = { setKey: setKeyOf(work.source, work.set), name: work.set.name }
    yield* work.report({
      _tag: "SetStarted",
      ...identity,
      bytes: work.set.bytes,
      volumes: work.set.volumes.length,
    })
    const departure = standing === "former_work" ? undefined : yield* claimAndTravel(work, inPlace)
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
    yield* Effect.annotateCurrentSpan({ outcome: departure.outcome, reason: departure.reason })
    yield* logEvent.info("set.left", `${work.set.name}: ${departure.outcome}`, { ...departure })
    yield* work.report(departureEvent(work.source, work.set, departure))
    return departure
  },
  (effect, work) => Effect.annotateLogs(effect, { channel: work.source.title, set: work.set.name, run: work.runId }),
)
