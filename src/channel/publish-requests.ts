import * as Schema from "effect/Schema"
import { ArchiveType, Family } from "../cpu/jobs.ts"

/** Files on the disk that make up one archive, to be published as a set is that was posted somewhere. */
export const FilesWanted = Schema.Struct({
  /** Names them for ever: a negative number, which no message has. */
  key: Schema.Int.check(Schema.isLessThan(0)),
  name: Schema.NonEmptyString,
  archiveType: ArchiveType,
  family: Family,
  /** In volume order. */
  volumes: Schema.Array(
    Schema.Struct({ path: Schema.NonEmptyString, fileName: Schema.NonEmptyString, bytes: Schema.Int }),
  ).check(Schema.isMinLength(1)),
})
export type FilesWanted = typeof FilesWanted.Type

export const FilesPublished = Schema.Struct({
  packageId: Schema.String,
  /** The library had the content already. */
  isDuplicate: Schema.Boolean,
})
export type FilesPublished = typeof FilesPublished.Type
