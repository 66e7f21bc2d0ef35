import { Effect, Schema } from "effect"

/** How a rebuild is to be done; the app says nothing of it. */
export const RebuildInput = Schema.Struct({
  /** Only tell what would be done. */
  dryRun: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(false))),
  /** Fetch what is known by nothing but its messages: its hash cannot be had otherwise. */
  download: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(true))),
})
export type RebuildInput = typeof RebuildInput.Type

/** How far a rebuild is, or what came of it; the first five are what the app shows. */
export const RebuildProgress = Schema.Struct({
  status: Schema.Literals(["IN_PROGRESS", "COMPLETED"]),
  messagesScanned: Schema.Int,
  documentsFound: Schema.Int,
  /** Packages that were restored, or would be. */
  packagesCreated: Schema.Int,
  /** Sets that are in the library, or cannot be restored. */
  packagesSkipped: Schema.Int,
  /** Of those that were restored, how many had to be fetched, or would have to be, and their bytes. */
  fetched: Schema.Int,
  fetchedBytes: Schema.Int,
  /** What could not be restored, and why; the first hundred. */
  problems: Schema.Array(Schema.Struct({ name: Schema.String, reason: Schema.String })),
})
export type RebuildProgress = typeof RebuildProgress.Type
