import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { arrayLiteral, SafeInteger, storable } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** A file that a person handed in, as the app left it. */
export const ManualFile = Schema.Struct({
  id: Schema.String,
  fileName: Schema.String,
  /** Where the app wrote it, on the volume that both share. */
  filePath: Schema.String,
  fileSize: SafeInteger,
  /** Null until it is published, or found to be in the library. */
  packageId: Schema.NullOr(Schema.String),
})
export type ManualFile = typeof ManualFile.Type

export const ManualUpload = Schema.Struct({ groupName: Schema.NullOr(Schema.String) })

/** The files of an upload by their names; None: there is no such upload. */
export const manualUpload = Effect.fn("manualUpload")(function* (id: string) {
  const upload = yield* first(
    "manualUpload",
    ManualUpload,
    (sql) => sql`select "groupName" from "manual_uploads" where "id" = ${id}`,
  )
  const files = yield* rows(
    "manualUploadFiles",
    ManualFile,
    (sql) => sql`
      select "id", "fileName", "filePath", "fileSize", "packageId" from "manual_upload_files"
      where "uploadId" = ${id} order by "fileName", "id"`,
  )
  return { upload, files }
})

/**
 * Notes which package files of an upload have become. A package made of them has its own message in the destination as its
 * source, since it came from nowhere else (as with the predecessor).
 */
export const notePublishedFiles = (fileIds: ReadonlyArray<string>, packageId: string) =>
  transaction(
    "notePublishedFiles",
    Effect.gen(function* () {
      yield* run(
        "notePublishedFiles",
        (sql) => sql`
          update "manual_upload_files" set "packageId" = ${packageId} where "id" = any(${arrayLiteral(fileIds)}::text[])`,
      )
      yield* run(
        "noteOwnSource",
        (sql) => sql`
          update "packages" set "sourceMessageId" = "destMessageId"
          where "id" = ${packageId} and "sourceMessageId" < 0 and "destMessageId" is not null`,
      )
    }),
  )

/** Ends an upload well; two packages or more become a group of that name, if they are in none. */
export const completeUpload = (
  id: string,
  group: { readonly name: string; readonly packageIds: ReadonlyArray<string> },
) =>
  Effect.gen(function* () {
    if (group.packageIds.length >= 2) {
      const made = yield* first(
        "groupUpload",
        Schema.Struct({ id: Schema.String }),
        (sql) => sql`
          insert into "package_groups" ("id", "name", "sourceChannelId", "groupingSource", "updatedAt")
          select gen_random_uuid()::text, ${storable(group.name)}, p."sourceChannelId", 'MANUAL', now()
          from "packages" p
          where p."id" = any(${arrayLiteral(group.packageIds)}::text[]) and p."packageGroupId" is null
          order by p."indexedAt" limit 1
          returning "id"`,
      )
      if (made._tag === "Some")
        yield* run(
          "joinGroup",
          (sql) => sql`
            update "packages" set "packageGroupId" = ${made.value.id}
            where "id" = any(${arrayLiteral(group.packageIds)}::text[]) and "packageGroupId" is null`,
        )
    }
    yield* run(
      "completeUpload",
      (sql) => sql`
        update "manual_uploads" set "status" = 'COMPLETED', "errorMessage" = null, "completedAt" = now()
        where "id" = ${id}`,
    )
  })
