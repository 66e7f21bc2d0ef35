import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { rows } from "./statement.ts"

export const RecentPackage = Schema.Struct({
  id: Schema.String,
  fileName: Schema.String,
  /** Bytes of all volumes. */
  fileSize: SafeInteger,
  /** 0: the metadata is pending. */
  fileCount: Schema.Int,
  creator: Schema.NullOr(Schema.String),
  tags: Schema.Array(Schema.String),
  sourceTitle: Schema.NullOr(Schema.String),
  indexedAt: Schema.Date,
})

/** The packages that came last, newest first. */
export const recentPackages = (limit: number) =>
  rows(
    "recentPackages",
    RecentPackage,
    (sql) => sql`
      select p."id", p."fileName", p."fileSize", p."fileCount", p."creator", to_jsonb(p."tags") as "tags", c."title" as "sourceTitle",
             p."indexedAt"
      from "packages" p left join "telegram_channels" c on c."id" = p."sourceChannelId"
      order by p."indexedAt" desc, p."id" limit ${limit}`,
  )

export const RecentlySkipped = Schema.Struct({
  id: Schema.String,
  fileName: Schema.String,
  fileSize: SafeInteger,
  reason: Schema.String,
  errorMessage: Schema.NullOr(Schema.String),
  sourceTitle: Schema.String,
  createdAt: Schema.Date,
})

/** The sets that were skipped last, newest first. */
export const recentlySkipped = (limit: number) =>
  rows(
    "recentlySkipped",
    RecentlySkipped,
    (sql) => sql`
      select s."id", s."fileName", s."fileSize", s."reason"::text as "reason", s."errorMessage",
             c."title" as "sourceTitle", s."createdAt"
      from "skipped_packages" s join "telegram_channels" c on c."id" = s."sourceChannelId"
      order by s."createdAt" desc, s."id" limit ${limit}`,
  )
