import { join } from "node:path"
import { Effect } from "effect"
import postgres from "postgres"
import { embeddedPostgres } from "../db/embedded.ts"

/** A package row as the web app and the bot would read it. */
export interface PackageRow {
  readonly fileName: string
  readonly archiveType: string
  readonly creator: string | null
  readonly tags: ReadonlyArray<string>
  readonly fileCount: number
  /** Rows in package_files. */
  readonly listed: number
  readonly destMessages: number
  readonly preview: boolean
}

/** Starts the embedded Postgres of a demo that has ended, and reads its packages. */
export const readPackages = (folder: string): Promise<ReadonlyArray<PackageRow>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* embeddedPostgres({ directory: join(folder, "data", "postgres") })
        const sql = postgres(url, { max: 1, onnotice: () => {} })
        return yield* Effect.promise(async () => {
          const rows = await sql<Array<PackageRow>>`
            select "fileName", "archiveType"::text, "creator", "tags", "fileCount",
                   (select count(*)::int from "package_files" f where f."packageId" = p."id") as "listed",
                   cardinality("destMessageIds") as "destMessages", "previewData" is not null as "preview"
            from "packages" p order by "fileName"`
          await sql.end()
          return rows.map((row) => ({ ...row }))
        })
      }),
    ),
  )
