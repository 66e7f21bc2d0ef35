import { Effect, Option } from "effect"
import { completeExtract, completeExtractAgain, extractTarget, hasExtracted } from "../../../db/extract-requests.ts"
import type { ExtractFailure } from "../../cpu/jobs.ts"
import { CpuPool } from "../../cpu/pool.ts"
import { fetchPackage, volumesOf } from "./fetched-package.ts"
import type { PackageShelf } from "./package-shelf.ts"
import { type Done, Refused, type Work } from "./work.ts"

/** What the app takes of one entry (facts: its own limit was the same). */
const MAX_ENTRY_BYTES = 5 * 1024 * 1024

const contentTypes: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
}

const contentTypeOf = (path: string): string =>
  contentTypes[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream"

const words: Readonly<Record<ExtractFailure, string>> = {
  absent: "is not in the archive",
  too_large: "is too large: an entry may have 5 MiB",
  encrypted: "needs a password",
  damaged: "cannot be read: the archive is damaged there",
  ambiguous: "cannot be told from others in the archive by its name",
}

/**
 * Takes one entry out of a package, from the destination's copy, for the app. Its path only selects among what the archive lists,
 * and is never used as a path on the disk.
 */
export const extractEntry = Effect.fn("extractEntry")(function* (work: Work, shelf: PackageShelf) {
  const { id } = work.request
  const found = yield* extractTarget(id)
  if (Option.isNone(found)) return yield* new Refused({ reason: "the package is not there any more" })
  const { archiveType, destChatId, filePath, messageIds, packageId } = found.value
  if (yield* hasExtracted(id)) return completeExtractAgain(id) as Done
  if (destChatId === null || messageIds.length === 0)
    return yield* new Refused({ reason: "the package has no messages in a destination" })
  const pool = (yield* CpuPool).of(work.accountId)
  const content = yield* shelf.using(
    packageId,
    Effect.gen(function* () {
      const maxBytes = work.config.maxExtractBytes
      const fetched = yield* fetchPackage(work, { chatId: destChatId, messageIds, name: packageId, maxBytes })
      const { set, volumes } = yield* volumesOf(fetched, archiveType)
      const result = yield* pool
        .extract({
          family: set.family,
          volumes,
          entryPath: filePath,
          workDirectory: fetched.directory,
          maxBytes: MAX_ENTRY_BYTES,
        })
        .pipe(Effect.mapError((error) => new Refused({ reason: `the archive could not be read: ${error.message}` })))
      return { value: result, directory: fetched.directory }
    }),
  )
  if (!content.ok) return yield* new Refused({ reason: `"${filePath}" ${words[content.reason]}` })
  const done: Done = completeExtract(id, content.content, contentTypeOf(filePath))
  return done
})
