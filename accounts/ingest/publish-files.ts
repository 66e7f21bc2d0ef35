import { mkdir } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { destination as destinationOf } from "../../db/channels.ts"
import { claimSet, forgetClaim, renewLeases } from "../../db/claims.ts"
import { LockSession } from "../../db/lock-session.ts"
import { type PackageSummary, publishedByHash } from "../../db/packages.ts"
import { ChatRefusal } from "../../src/channel/chat-requests.ts"
import type { FilesPublished, FilesWanted } from "../../src/channel/publish-requests.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { loadAllChats, requireChat } from "../telegram/history.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { LEASE_SECONDS } from "./claim-leases.ts"
import { digestSet, inspectSet } from "./cpu-stages.ts"
import { enrichPackage } from "./enrich.ts"
import { asKnown } from "./former-digest.ts"
import { duplicate, MAX_ATTEMPTS } from "./leave-set.ts"
import { publishSet } from "./publish.ts"
import { planSetFolder, removeSetFolder, StorageError } from "./set-folder.ts"
import { identityOf, type SetWork } from "./set-work.ts"
import { troubleOf } from "./trouble.ts"

/** How soon it is seen that somebody else has ended what both want. */
const LOOK_AGAIN = "2 seconds"
const FIRST_RETRY_SECONDS = 30

/** The files as a set of the destination itself: they were posted nowhere else. */
const workOf = Effect.fn("workOf")(function* (wanted: FilesWanted) {
  const { tempDirectory } = yield* AccountConfig
  const limit = yield* UploadLimit
  const found = yield* destinationOf()
  if (Option.isNone(found))
    return yield* new ChatRefusal({ reason: "no destination channel is set: choose one, and ask again" })
  const destination = found.value
  const volumes = wanted.volumes.map(({ bytes, fileName }) => ({
    messageId: wanted.key,
    date: 0,
    senderId: null,
    topicId: null,
    albumId: null,
    caption: "",
    fileName,
    bytes,
    // No document of Telegram is known of it.
    fileId: 0,
    uniqueId: "",
    canBeSaved: true,
  }))
  const { partsPath, path } = planSetFolder(tempDirectory, {
    chatId: destination.chatId,
    firstMessageId: wanted.key,
    volumes,
  })
  const { archiveType, family, name } = wanted
  const bytes = volumes.reduce((sum, volume) => sum + volume.bytes, 0)
  const work: SetWork = {
    set: {
      name,
      archiveType,
      family,
      volumes,
      firstMessageId: wanted.key,
      state: "complete",
      missing: [],
      problem: "",
      bytes,
    },
    // Without a title: the destination's says nothing of who made it.
    source: {
      mapId: "",
      channelId: destination.channelId,
      chatId: destination.chatId,
      title: "",
      category: null,
      isForum: false,
      mark: null,
    },
    setStarts: [],
    topicNames: null,
    destination,
    runId: "",
    folder: { path, partsPath, volumePaths: wanted.volumes.map((volume) => volume.path) },
    maxUploadBytes: limit.bytes(),
    report: () => Effect.void,
  }
  yield* Effect.tryPromise({
    try: () => mkdir(partsPath, { recursive: true }),
    catch: (error) => new StorageError({ path: partsPath, isFull: false, text: String(error) }),
  })
  return work
})

/** Claims the files; another life's claim is waited for. None: they were settled before. */
const claim = Effect.fn("claim")(function* (work: SetWork) {
  const { accountId } = yield* AccountConfig
  const request = {
    ...identityOf(work),
    accountId,
    setName: work.set.name,
    volumes: work.set.volumes.length,
    bytes: work.set.bytes,
    fileKey: null,
    leaseSeconds: LEASE_SECONDS,
  }
  return yield* claimSet(request).pipe(
    Effect.repeat({
      until: ({ outcome }) => outcome === "claimed" || outcome === "settled",
      schedule: Schedule.spaced(LOOK_AGAIN),
    }),
  )
})

const isWhole = ({ fileCount }: PackageSummary): boolean => fileCount > 0

/** Publishes what was claimed, in the way of every set: hash lock, journal, parts, stub, metadata. */
const publish = Effect.fn("publish")(function* (work: SetWork, token: number) {
  const locks = yield* LockSession
  const digest = yield* Effect.flatMap(digestSet(work), asKnown(work))
  const inspection = yield* inspectSet(work, digest)
  if (inspection.state === "incomplete" && work.set.volumes.length > 1)
    return yield* new ChatRefusal({ reason: `${work.set.name} is incomplete: ${inspection.detail}` })
  const underLock = Effect.gen(function* () {
    const known = yield* publishedByHash(digest.contentHash)
    if (Option.isSome(known)) {
      yield* duplicate(work, token, digest.contentHash, known.value.fileName)
      if (!isWhole(known.value)) yield* enrichPackage(work, known.value.id, inspection)
      return { packageId: known.value.id, isDuplicate: true } satisfies FilesPublished
    }
    const { packageId } = yield* publishSet(work, token, digest, true)
    yield* enrichPackage(work, packageId, inspection)
    return { packageId, isDuplicate: false } satisfies FilesPublished
  })
  const published = yield* locks.withHashLock(digest.contentHash, underLock).pipe(
    // Somebody publishes the same content now; then it is a duplicate.
    Effect.repeat({ until: Option.isSome, schedule: Schedule.spaced(LOOK_AGAIN) }),
  )
  return Option.getOrThrow(published)
})

/** What was settled in an earlier life, whose answer was lost. */
const publishedBefore = Effect.fn("publishedBefore")(function* (contentHash: string | null) {
  const known = contentHash === null ? Option.none() : yield* publishedByHash(contentHash)
  if (Option.isNone(known))
    return yield* new ChatRefusal({ reason: "it was published before, and its messages are gone: upload it anew" })
  return { packageId: known.value.id, isDuplicate: false } satisfies FilesPublished
})

const attempt = Effect.fn("attempt")(function* (wanted: FilesWanted) {
  const work = yield* workOf(wanted)
  const claimed = yield* claim(work)
  if (claimed.outcome === "settled") return yield* publishedBefore(claimed.contentHash)
  if (claimed.outcome !== "claimed") return yield* new ChatRefusal({ reason: "somebody else works on it" })
  const published = yield* publish(work, claimed.token).pipe(
    Effect.tapErrorTag("ChatRefusal", () => forgetClaim({ ...identityOf(work), token: claimed.token })),
  )
  yield* removeSetFolder(work.folder)
  yield* logEvent.info("files.published", `${work.set.name} was published`, { ...published })
  return published
})

/**
 * Publishes files that a person has handed in, exactly once, as a set of a source is: an earlier life's half of it is gone on
 * with. What hits the files alone is tried again for a while. Fails with `ChatRefusal`, which says why, or with what stops the
 * account.
 */
export const publishFiles = Effect.fn("publishFiles")(function* (wanted: FilesWanted) {
  const { accountId } = yield* AccountConfig
  yield* loadAllChats()
  const found = yield* destinationOf()
  if (Option.isSome(found)) yield* requireChat(found.value.chatId)
  yield* renewLeases(accountId, LEASE_SECONDS).pipe(
    Effect.ignore,
    Effect.repeat(Schedule.spaced(`${LEASE_SECONDS / 4} seconds`)),
    Effect.forkScoped,
  )
  for (let tries = 1; ; tries++) {
    const published = yield* attempt(wanted).pipe(
      Effect.catchIf(
        (error) => error._tag !== "ChatRefusal",
        (error) =>
          Effect.gen(function* () {
            const { countsAsAttempt, reason, retryAfterSeconds } = yield* troubleOf(error)
            if (countsAsAttempt && tries >= MAX_ATTEMPTS) return yield* new ChatRefusal({ reason })
            yield* logEvent.warn("files.put_off", "Files of a person could not be published; trying again", { reason })
            yield* Effect.sleep(`${retryAfterSeconds ?? FIRST_RETRY_SECONDS * tries} seconds`)
            return undefined
          }),
      ),
    )
    if (published !== undefined) return published
  }
}, Effect.scoped)
