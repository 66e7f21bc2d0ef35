import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { LockSession } from "../../db/lock-session.ts"
import { noteFoundPost } from "../../db/package-posts.ts"
import { endListing, noteRealHash, type PackageToList } from "../../db/relists.ts"
import { isContentHash } from "../../src/archive/content-hash.ts"
import { entryOf } from "../../src/archive/listing.ts"
import type { InspectResult } from "../../src/cpu/jobs.ts"
import { WORTH_RANGES_BYTES } from "../../src/library/listing-cost.ts"
import { logEvent } from "../../src/log-line.ts"
import { digestSet, inspectSet } from "../ingest/cpu-stages.ts"
import { enrichPackage } from "../ingest/enrich.ts"
import { formerDigest } from "../ingest/former-digest.ts"
import { createSetFolder, planSetFolder, removeSetFolder } from "../ingest/set-folder.ts"
import { foundPost } from "../ingest/set-post.ts"
import type { SetWork } from "../ingest/set-work.ts"
import { makeTopicNames } from "../ingest/topic-names.ts"
import { fetchDirectory, fetchVolumes } from "./fetch-listing.ts"
import { ListingProblem, type LocatedSet, locateSet } from "./located-set.ts"

/** The digest of a directory that was fetched alone: none. */
const noDigest = { contentHash: "", bytes: 0, volumes: [], tar: null }

/** The set as the stages of an ingestion know it. */
const workOf = (wanted: PackageToList, { set }: LocatedSet, folder: string): SetWork => {
  const { category, channelId, chatId, firstMessageId, isForum, title } = wanted.source
  return {
    set,
    source: { mapId: "", channelId, chatId, title, category, isForum, mark: null },
    setStarts: [],
    topicNames: isForum ? makeTopicNames(chatId) : null,
    destination: { channelId: "", chatId: wanted.destChatId ?? 0, title: "" },
    runId: "",
    folder: planSetFolder(folder, { chatId, firstMessageId, volumes: set.volumes }),
    maxUploadBytes: Number.MAX_SAFE_INTEGER,
    report: () => Effect.void,
  }
}

const documentItself = ({ set }: SetWork): InspectResult => ({
  state: "not_an_archive",
  detail: "",
  entries: [entryOf(set.volumes[0]?.fileName ?? set.name, set.bytes, { compressedBytes: set.bytes })],
  fileCount: 1,
  flags: [],
  encrypted: false,
  truncated: false,
})

const isListed = ({ state }: InspectResult): boolean => state === "listed" || state === "headers_encrypted"

const isOf = Effect.fn("isOfPackage")(function* ({ contentHash }: PackageToList, work: SetWork, digest: string) {
  return contentHash === digest || contentHash === (yield* formerDigest(work))
})

interface Inspected {
  readonly inspection: InspectResult
  /** The whole set is on this disk. */
  readonly isHome: boolean
}

/** Knows the package by its real hash from now on, so that its content is recognised. */
const nameByDigest = Effect.fn("nameByDigest")(function* ({ fileName, id }: PackageToList, contentHash: string) {
  const locks = yield* LockSession
  const isNamed = yield* locks.withHashLock(contentHash, noteRealHash(id, contentHash))
  if (Option.isNone(isNamed)) return yield* new ListingProblem({ text: "its content is being published now" })
  yield* isNamed.value
    ? logEvent.info("package.named", `${fileName} is known by its real hash now`, { packageId: id, contentHash })
    : logEvent.warn("package.double", `${fileName} holds what the library has in another package`, {
        packageId: id,
        contentHash,
      })
})

const inspect = Effect.fn("inspectPackage")(function* (wanted: PackageToList, located: LocatedSet, work: SetWork) {
  const paths = work.folder.volumePaths
  const isDocument = work.set.family === "document"
  const isLarge = work.set.bytes >= WORTH_RANGES_BYTES
  const lacksDigest = !isContentHash(wanted.contentHash)
  // All of a large package is fetched for its hash only when somebody wants it.
  const wantsDigest = lacksDigest && (wanted.isRequested || !isLarge)
  if (isDocument && !wantsDigest) return { inspection: documentItself(work), isHome: false } satisfies Inspected
  yield* createSetFolder(work.folder)
  if (isLarge && !wantsDigest && (yield* fetchDirectory(located, paths))) {
    const inspection = yield* inspectSet(work, noDigest)
    if (isListed(inspection)) return { inspection, isHome: false } satisfies Inspected
    // Whatever is odd about it, all of it tells more.
    yield* removeSetFolder(work.folder)
    yield* createSetFolder(work.folder)
  }
  yield* fetchVolumes(located, paths)
  const digest = yield* digestSet(work)
  if (lacksDigest) yield* nameByDigest(wanted, digest.contentHash)
  else if (!(yield* isOf(wanted, work, digest.contentHash)))
    return yield* new ListingProblem({ text: `its messages in the ${located.where} hold another content` })
  const inspection = isDocument ? documentItself(work) : yield* inspectSet(work, digest)
  return { inspection, isHome: true } satisfies Inspected
})

/**
 * Lists one package (again): fetches what that takes, its directory alone where that will do, and writes file list, preview,
 * creator and tags. What people have written stays. Works in a folder of its own below `root`. To be called under the lock on its content.
 * Fails with `ListingProblem` when the package cannot be listed now, or with what hit the transfer.
 */
export const listPackage = Effect.fn("listPackage")(function* (wanted: PackageToList, root: string) {
  const located = yield* locateSet(wanted)
  const folder = join(root, wanted.id)
  const work = workOf(wanted, located, folder)
  const { inspection, isHome } = yield* inspect(wanted, located, work)
  if (wanted.fileCount === 0 && located.where === "source") yield* noteFoundPost(foundPost(work, wanted.id))
  const wantsPreview = !wanted.hasPreview
  yield* enrichPackage(work, wanted.id, inspection, {
    photos: wantsPreview && located.where === "source",
    images: wantsPreview && isHome,
  })
  yield* endListing(wanted.id)
  yield* removeSetFolder({ path: folder })
  yield* logEvent.info("package.listed", `Listed ${wanted.fileName}`, {
    packageId: wanted.id,
    from: located.where,
    whole: isHome,
    files: inspection.fileCount,
  })
})
