import { join } from "node:path"
import * as Effect from "effect/Effect"
import { setStartsBetween } from "../../db/claims.ts"
import { noteRootFolder } from "../../db/package-posts.ts"
import { updatePackageWithMetadata } from "../../db/packages.ts"
import { creatorOf } from "../../src/archive/creator.ts"
import { matchPreview } from "../../src/archive/preview-match.ts"
import { tagsOf } from "../../src/archive/tags.ts"
import type { InspectResult } from "../../src/cpu/jobs.ts"
import { reach } from "../../src/fault-point.ts"
import { MAX_PREVIEW_BYTES, takePreview } from "../../src/library/archive-preview.ts"
import { packageListing } from "../../src/library/package-listing.ts"
import { logEvent } from "../../src/log-line.ts"
import { Supervisor } from "../supervisor-client.ts"
import { downloadFile } from "../telegram/download.ts"
import { alone } from "../telegram/download-goal.ts"
import { messagesById, searchPage } from "../telegram/history.ts"
import { readBytes } from "./set-folder.ts"
import type { SetWork } from "./set-work.ts"
import { toPhotos } from "./source-file.ts"

/** A few parts, before all archives: behind them it would wait as long as there are any, and its set with it. */
const PHOTO_PRIORITY = 31

interface Preview {
  readonly data: Uint8Array
  /** The photo message it was taken from; null = from the archive itself. */
  readonly messageId: number | null
}

/** A picture of a set is posted near it: so many photos before its first message, and about as many after it. */
const PHOTOS_AROUND = 50

const photosAround = Effect.fn("photosAround")(function* ({ set, source }: SetWork) {
  // What a person handed in was posted nowhere.
  if (set.firstMessageId < 0) return []
  const page = yield* searchPage(source.chatId, "photos", set.firstMessageId, { offset: -PHOTOS_AROUND })
  const answered = new Set(set.volumes.flatMap(({ replyToMessageId }) => replyToMessageId ?? []))
  // A post may be answered long after it, beyond what lies around the set.
  const far = [...answered].filter((id) => !page.ids.includes(id)).slice(0, PHOTOS_AROUND)
  const messages = far.length === 0 ? [] : yield* messagesById(source.chatId, far)
  return [...page.messages, ...messages.flatMap((message) => message ?? [])].flatMap(toPhotos)
})

const photoPreview = Effect.fn("photoPreview")(function* (work: SetWork) {
  const photos = yield* photosAround(work)
  const earliest = photos.reduce((lowest, { messageId }) => Math.min(lowest, messageId), work.set.firstMessageId)
  const starts = yield* setStartsBetween(work.source.channelId, earliest, work.set.firstMessageId)
  const photo = matchPreview(work.set, photos, [...starts, ...work.setStarts])
  if (photo === undefined || photo.bytes > MAX_PREVIEW_BYTES) return undefined
  const path = yield* downloadFile({ fileId: photo.fileId, share: alone(PHOTO_PRIORITY), onProgress: () => {} })
  const data = yield* readBytes(path)
  const preview: Preview = { data, messageId: photo.messageId }
  return preview
})

const archivePreview = Effect.fn("archivePreview")(function* (work: SetWork, inspection: InspectResult) {
  const supervisor = yield* Supervisor
  const target = join(work.folder.path, "preview")
  const { family } = work.set
  const volumes = work.folder.volumePaths.map((path, index) => ({
    path,
    name: work.set.volumes[index]?.fileName ?? "",
  }))
  const isTaken = yield* takePreview(inspection, (entryPath) =>
    supervisor.preview({ family, volumes, entryPath, target, maxBytes: MAX_PREVIEW_BYTES }),
  )
  if (!isTaken) return undefined
  const preview: Preview = { data: yield* readBytes(target), messageId: null }
  return preview
})

/** Where a preview may come from. */
export interface PreviewSources {
  /** Photos that were posted near the set. */
  readonly photos: boolean
  /** Images in the archive, all of which lies on this disk. */
  readonly images: boolean
}

const allSources: PreviewSources = { photos: true, images: true }

const none = Effect.succeed(undefined)

/** A preview is a courtesy: whatever goes wrong with it is logged and the package does without. */
const previewOf = (work: SetWork, inspection: InspectResult, { images, photos }: PreviewSources) =>
  (photos ? photoPreview(work) : none).pipe(
    Effect.flatMap((preview) =>
      preview === undefined && images ? archivePreview(work, inspection) : Effect.succeed(preview),
    ),
    Effect.catch((error) =>
      Effect.as(logEvent.warn("preview.failed", "No preview could be made", { error: error.message }), undefined),
    ),
  )

/**
 * Adds what makes a package findable: file list, preview, creator, tags. Until then it reads "metadata pending".
 * Fails with `DatabaseError`.
 */
export const enrichPackage = Effect.fn("enrichPackage")(function* (
  work: SetWork,
  packageId: string,
  inspection: InspectResult,
  previewSources = allSources,
) {
  const preview = yield* previewOf(work, inspection, previewSources)
  const topicName = yield* work.topicNames?.of(work.set.volumes[0]?.topicId ?? null) ?? Effect.succeed(null)
  const { rootFolder, ...listing } = packageListing(inspection)
  yield* reach("metadata.made")
  yield* updatePackageWithMetadata(packageId, {
    ...listing,
    previewData: preview?.data ?? null,
    previewMessageId: preview?.messageId ?? null,
    creator: creatorOf({ topicName, fileName: work.set.name, channelTitle: work.source.title }) ?? null,
    tags: tagsOf(work.source.category),
  })
  if (rootFolder !== null) yield* noteRootFolder(packageId, rootFolder)
  yield* reach("metadata.written")
  yield* logEvent.info("package.enriched", "Recorded what is inside", {
    packageId,
    files: inspection.fileCount,
    preview: preview !== undefined,
  })
})
