import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option } from "effect"
import type { Destination } from "../../../db/channels.ts"
import { formerRarContents } from "../../../db/former-work.ts"
import { updatePackageWithMetadata } from "../../../db/packages.ts"
import { attachMessages, insertRestored, knownContent } from "../../../db/rebuild.ts"
import { creatorOf } from "../../archive/creator.ts"
import type { DestinationSet } from "../../archive/destination-sets.ts"
import { inFormerOrder } from "../../archive/former-order.ts"
import type { InspectResult, PreviewJob, TarListing, Volume } from "../../cpu/jobs.ts"
import { CpuPool } from "../../cpu/pool.ts"
import { MAX_PREVIEW_BYTES, takePreview } from "../../library/archive-preview.ts"
import { isListedByDigest, packageListing, withTar } from "../../library/package-listing.ts"
import { logEvent } from "../../log-line.ts"
import { type FetchedPackage, fetchPackage, removeFetched, volumesOf } from "./fetched-package.ts"
import type { Work } from "./work.ts"

/** An image in the archive; what goes wrong with it is no reason to be without the package. */
const previewOf = Effect.fn("previewOf")(
  function* (work: Work, inspection: InspectResult, job: Omit<PreviewJob, "entryPath">) {
    const pool = (yield* CpuPool).of(work.accountId)
    const isTaken = yield* takePreview(inspection, (entryPath) => pool.preview({ ...job, entryPath }))
    return isTaken ? yield* Effect.tryPromise(() => readFile(job.target)) : null
  },
  Effect.catch((error) =>
    Effect.as(logEvent.warn("preview.failed", "No preview could be made", { error: error.message }), null),
  ),
)

/** What is inside, and a picture, of a package that lies on the disk. */
const describe = Effect.fn("describe")(function* (
  work: Work,
  packageId: string,
  set: DestinationSet,
  volumes: ReadonlyArray<Volume>,
  { directory, tar }: { readonly directory: string; readonly tar: TarListing | null },
) {
  const pool = (yield* CpuPool).of(work.accountId)
  const { archiveType, family, name } = set
  const headers = yield* pool.inspect({ family, archiveType, volumes, workDirectory: directory })
  const inspection = withTar(headers, tar)
  const { rootFolder: _, ...listing } = packageListing(inspection)
  const target = join(directory, "preview")
  yield* updatePackageWithMetadata(packageId, {
    ...listing,
    previewData: yield* previewOf(work, inspection, { family, volumes, target, maxBytes: MAX_PREVIEW_BYTES }),
    previewMessageId: null,
    creator: creatorOf({ topicName: null, fileName: name, channelTitle: null }),
    tags: [],
  })
})

/** The content by the digest and in the order of the former worker, if that is how the library knows an old RAR set. */
const formerContent = Effect.fn("formerContent")(function* (
  work: Work,
  set: DestinationSet,
  { files }: FetchedPackage,
) {
  const parts = files.map(({ name, path }, index) => ({ name, path, messageId: set.messageIds[index] ?? 0 }))
  const inOrder = inFormerOrder(set.family, parts, ({ name }) => name)
  if (inOrder === undefined) return undefined
  const pool = (yield* CpuPool).of(work.accountId)
  const volumes = inOrder.map(({ path }) => ({ path, pieceBytes: null }))
  const { contentHash } = yield* pool.digest({ volumes, listTar: false })
  const isKnown =
    set.hashPrefix === null
      ? (yield* formerRarContents(set.bytes)).includes(contentHash)
      : contentHash.startsWith(set.hashPrefix)
  return isKnown ? { contentHash, messageIds: inOrder.map(({ messageId }) => messageId) } : undefined
})

/** Fetches a set to learn its hash and what is inside. Answers with why it was not restored, or with undefined. */
export const restoreByFetching = Effect.fn("restoreByFetching")(function* (
  work: Work,
  destination: Destination,
  set: DestinationSet,
) {
  const pool = (yield* CpuPool).of(work.accountId)
  const { channelId, chatId } = destination
  const { bytes, name } = set
  const restore = Effect.gen(function* () {
    const wanted = { chatId, messageIds: set.messageIds, name: `rebuild-${set.messageIds[0]}`, maxBytes: bytes }
    const fetched = yield* fetchPackage(work, wanted)
    const digest = yield* pool.digest({
      volumes: fetched.files.map(({ path }) => ({ path, pieceBytes: null })),
      listTar: isListedByDigest(set),
    })
    const { contentHash, messageIds } = (yield* formerContent(work, set, fetched)) ?? {
      contentHash: digest.contentHash,
      messageIds: set.messageIds,
    }
    if (set.hashPrefix !== null && !contentHash.startsWith(set.hashPrefix))
      return { directory: fetched.directory, reason: "its bytes are not those that its caption names" }
    const messages = { destChannelId: channelId, messageIds }
    const known = yield* knownContent(contentHash)
    if (Option.isSome(known) && known.value.packageId !== null) {
      const isAttached = yield* attachMessages(known.value.packageId, messages)
      return { directory: fetched.directory, reason: isAttached ? undefined : "the library has the content already" }
    }
    const row = {
      contentHash,
      fileName: name,
      fileSize: bytes,
      archiveType: set.archiveType,
      source: null,
      ...messages,
    }
    const inserted = yield* insertRestored(row)
    if (Option.isNone(inserted)) return { directory: fetched.directory, reason: "it is being published now" }
    const restored = yield* Effect.option(volumesOf(fetched, set.archiveType))
    if (Option.isSome(restored))
      yield* describe(work, inserted.value.id, set, restored.value.volumes, {
        directory: fetched.directory,
        tar: digest.tar,
      })
    return { directory: fetched.directory, reason: undefined }
  })
  const { directory, reason } = yield* restore
  yield* removeFetched(directory)
  return reason
})
