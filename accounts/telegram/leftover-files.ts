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

/**
 * Removes what TDLib has in its own folder of downloads. Nothing else does: of a set that another account published
 * while this one was downloading it, or was dead, the beginning would lie there for ever. To be called when no download
 * is to be gone on with.
 */
export const removeLeftoverFiles = Effect.fn("removeLeftoverFiles")(function* (tdlibDirectory: string) {
  if (!(yield* Effect.promise(() => hasFiles(tdlibDirectory)))) return
  const tdlib = yield* Tdlib
  yield* tdlib.invoke(
    {
      _: "optimizeStorage",
      size: 0,
      ttl: 0,
      count: 0,
      immunity_delay: 0,
      file_types: [],
      chat_ids: [],
      exclude_chat_ids: [],
      return_deleted_file_statistics: false,
      chat_limit: 0,
    },
    120,
  )
})
