import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Tdlib } from "./tdlib.ts"

/** Where TDLib keeps what it downloads, and what it has begun to download, below its files folder. */
const FOLDERS = ["documents", "photos", "temp"]

const hasFiles = async (tdlibDirectory: string): Promise<boolean> => {
  const names = FOLDERS.map((folder) => readdir(join(tdlibDirectory, "files", folder)).catch(() => []))
  return (await Promise.all(names)).some((found) => found.length > 0)
}

/** What was removed from the disk. */
export interface Freed {
  readonly bytes: number
  readonly files: number
}

const nothing: Freed = { bytes: 0, files: 0 }

/** More bytes, files or seconds than there ever are. */
const NO_LIMIT = 2 ** 31 - 1
const ANY_SIZE = Number.MAX_SAFE_INTEGER

interface Limits {
  readonly bytes: number
  /** Files that nobody touched for so many seconds go. */
  readonly ttlSeconds: number
  /** Files that are not so many seconds old stay. */
  readonly immuneSeconds: number
  readonly files: number
  readonly chatIds?: ReadonlyArray<number>
  readonly exceptChatIds?: ReadonlyArray<number>
}

const optimize = Effect.fn("optimizeStorage")(function* (limits: Limits) {
  const tdlib = yield* Tdlib
  const deleted = yield* tdlib.invoke(
    {
      _: "optimizeStorage",
      size: limits.bytes,
      ttl: limits.ttlSeconds,
      count: limits.files,
      immunity_delay: limits.immuneSeconds,
      file_types: [],
      chat_ids: limits.chatIds ?? [],
      exclude_chat_ids: limits.exceptChatIds ?? [],
      return_deleted_file_statistics: true,
      chat_limit: 0,
    },
    120,
  )
  const freed: Freed = { bytes: deleted.size, files: deleted.count }
  return freed
})

/**
 * Removes what TDLib has in its own folder of downloads. Nothing else does: of a set that another account published
 * while this one was downloading it, or was dead, the beginning would lie there for ever. To be called when no download
 * is to be gone on with.
 */
export const removeLeftoverFiles = Effect.fn("removeLeftoverFiles")(function* (tdlibDirectory: string) {
  if (!(yield* Effect.promise(() => hasFiles(tdlibDirectory)))) return nothing
  return yield* optimize({ bytes: 0, ttlSeconds: 0, immuneSeconds: 0, files: 0 })
})

/** A transfer that goes on touches its file more often than this, whatever it waits for. */
const HOUR = 3600
/** A set that was begun is tried again within hours, and reads on where it was: what was left for so long belongs to none. */
const WEEK = 7 * 24 * HOUR

/**
 * Keeps TDLib's own folder of downloads within `maxBytes` while sets are begun, whose downloads are gone on with: in their
 * chats (`begunChatIds`) only what nobody has touched for a week is removed, elsewhere the oldest files over the limit. To
 * be called when no download is under way.
 */
export const trimLeftoverFiles = Effect.fn("trimLeftoverFiles")(function* (
  tdlibDirectory: string,
  { begunChatIds, maxBytes }: { readonly begunChatIds: ReadonlyArray<number>; readonly maxBytes: number },
) {
  if (!(yield* Effect.promise(() => hasFiles(tdlibDirectory)))) return nothing
  const bounded = { bytes: maxBytes, ttlSeconds: WEEK, immuneSeconds: HOUR, files: NO_LIMIT }
  const elsewhere = yield* optimize({ ...bounded, exceptChatIds: begunChatIds })
  if (begunChatIds.length === 0) return elsewhere
  const old = { bytes: ANY_SIZE, ttlSeconds: WEEK, immuneSeconds: WEEK, files: NO_LIMIT }
  const begun = yield* optimize({ ...old, chatIds: begunChatIds })
  return { bytes: elsewhere.bytes + begun.bytes, files: elsewhere.files + begun.files }
})
