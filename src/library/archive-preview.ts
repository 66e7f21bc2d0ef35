import * as Effect from "effect/Effect"
import { previewEntries } from "../archive/preview-entry.ts"
import type { InspectResult, PreviewResult } from "../cpu/jobs.ts"

/** More than this is no preview; the app loads them with its lists. */
export const MAX_PREVIEW_BYTES = 2 * 1024 * 1024

/** Tries the images in an archive, the likeliest first, until one can be taken out. False: there is none, or a password is needed. */
export const takePreview = Effect.fn("takePreview")(function* <E, R>(
  { encrypted, entries }: InspectResult,
  take: (entryPath: string) => Effect.Effect<PreviewResult, E, R>,
) {
  if (encrypted) return false
  for (const { path } of previewEntries(entries)) if ((yield* take(path)) !== null) return true
  return false
})
