import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { first, rows } from "./statement.ts"

/** An entry of a package's archive. */
export const ContainedFile = Schema.Struct({
  path: Schema.String,
  bytes: SafeInteger,
})

/** What is inside a package, by path; so many entries at most. */
export const containedFiles = (packageId: string, limit: number) =>
  rows(
    "containedFiles",
    ContainedFile,
    (sql) => sql`
      select "path", "uncompressedSize" as "bytes" from "package_files" where "packageId" = ${packageId}
      order by "path", "id" limit ${limit}`,
  )

/** The package's preview, an encoded image; none: it has none, or is not there. */
export const packagePreview = (packageId: string) =>
  first(
    "packagePreview",
    Schema.Struct({ data: Schema.instanceOf(Uint8Array) }),
    (sql) => sql`
      select "previewData" as "data" from "packages" where "id" = ${packageId} and "previewData" is not null`,
  )
