import { createHash } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option } from "effect"
import { completeUpload, manualUpload, notePublishedFiles } from "../../../db/manual-uploads.ts"
import { type ArchiveSet, groupArchiveSets, type SourceFile } from "../../archive/archive-set.ts"
import type { FilesWanted } from "../../channel/publish-requests.ts"
import { logEvent } from "../../log-line.ts"
import { type UploadedFile, uploadedFiles } from "./upload-folder.ts"
import { type Done, Refused, Unfit, type Work } from "./work.ts"

interface HandedIn extends SourceFile, UploadedFile {}

/** Names a set of an upload for ever, below all ids of messages: 52 bits, so that it is exact as a number. */
const keyOf = (uploadId: string, set: ArchiveSet<HandedIn>): number => {
  const digest = createHash("sha256").update(JSON.stringify([uploadId, set.volumes.map(({ fileName }) => fileName)]))
  return -1 - Number.parseInt(digest.digest("hex").slice(0, 13), 16)
}

const handedIn = (file: UploadedFile, place: number): HandedIn => ({
  ...file,
  messageId: place + 1,
  date: 0,
  senderId: null,
  topicId: null,
  albumId: null,
  caption: "",
})

/** A file that is no archive: a person has chosen it, so it is taken as it is. */
const asDocument = (file: HandedIn): ArchiveSet<HandedIn> => ({
  name: file.fileName,
  archiveType: "DOCUMENT",
  family: "document",
  volumes: [file],
  firstMessageId: file.messageId,
  state: "complete",
  missing: [],
  problem: "",
  bytes: file.bytes,
})

const setsOf = (files: ReadonlyArray<HandedIn>): ReadonlyArray<ArchiveSet<HandedIn>> => {
  const sets = groupArchiveSets(files)
  const inSets = new Set(sets.flatMap(({ volumes }) => volumes))
  return [...sets, ...files.filter((file) => !inSets.has(file)).map(asDocument)]
}

const wantedOf = (uploadId: string, set: ArchiveSet<HandedIn>): FilesWanted => ({
  key: keyOf(uploadId, set),
  name: set.name,
  archiveType: set.archiveType,
  family: set.family,
  volumes: set.volumes.map(({ bytes, fileName, path }) => ({ path, fileName, bytes })),
})

type Published = { readonly packageId: string } | { readonly reason: string }

/** Publishes one set, or says why it cannot be published. */
const publishSet = Effect.fn("publishSet")(function* ({ cell, request }: Work, set: ArchiveSet<HandedIn>) {
  if (set.volumes.every(({ bytes }) => bytes === 0)) return { reason: `${set.name}: it is empty` } satisfies Published
  const isStray = set.state !== "complete" && set.missing.length > 0
  if (isStray) return { reason: `${set.name}: ${set.problem}` } satisfies Published
  return yield* cell.account.PublishFiles(wantedOf(request.id, set)).pipe(
    Effect.tap(({ packageId }) =>
      notePublishedFiles(
        set.volumes.map(({ id }) => id),
        packageId,
      ),
    ),
    Effect.map(({ packageId }): Published => ({ packageId })),
    Effect.catchTag("ChatRefusal", ({ message }) => Effect.succeed<Published>({ reason: `${set.name}: ${message}` })),
    Effect.mapError((error) =>
      error._tag === "AccountError" && error.who === "operator" ? new Unfit({ reason: error.message }) : error,
    ),
  )
})

const removeFolder = (folder: string) =>
  Effect.tryPromise(() => rm(folder, { recursive: true, force: true })).pipe(
    Effect.catch((error) =>
      logEvent.warn("upload.left", "Uploaded files could not be removed", { error: String(error) }),
    ),
  )

/**
 * Publishes the files that a person handed in through the app: each archive, in one file or in volumes, becomes a package. Their
 * files are removed once all are published; of an upload that failed they stay.
 */
export const uploadByHand = Effect.fn("uploadByHand")(function* (work: Work) {
  const { id } = work.request
  const { files, upload } = yield* manualUpload(id)
  if (Option.isNone(upload) || files.length === 0)
    return yield* new Refused({ reason: "no file arrived: upload it again" })
  const folder = work.config.uploadDirectory
  const open = yield* uploadedFiles(
    folder,
    id,
    files.filter(({ packageId }) => packageId === null),
  )
  const packageIds = new Set(files.flatMap(({ packageId }) => packageId ?? []))
  const failures: Array<string> = []
  for (const set of setsOf(open.map(handedIn))) {
    const published = yield* publishSet(work, set)
    if ("packageId" in published) packageIds.add(published.packageId)
    else failures.push(published.reason)
  }
  if (failures.length > 0) {
    const others = packageIds.size > 0 ? " (the others were published)" : ""
    return yield* new Refused({ reason: failures.join("; ") + others })
  }
  const name = upload.value.groupName ?? files[0]?.fileName.replace(/\.[^.]+$/, "") ?? "Upload"
  const done: Done = Effect.andThen(
    completeUpload(id, { name, packageIds: [...packageIds] }),
    removeFolder(join(folder, id)),
  )
  return done
})
