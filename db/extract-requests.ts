import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ArchiveType } from "./packages.ts"
import { SafeInteger } from "./row.ts"
import { first, run } from "./statement.ts"

/** What an extract request is about: an entry of a package, and where the package lies. */
export const ExtractTarget = Schema.Struct({
  packageId: Schema.String,
  /** As the package's file list has it. */
  filePath: Schema.String,
  fileName: Schema.String,
  archiveType: ArchiveType,
  /** TDLib's chat id; null: it was published nowhere. */
  destChatId: Schema.NullOr(SafeInteger),
  /** In the order of the parts; empty when they are gone. */
  messageIds: Schema.Array(SafeInteger),
})
export type ExtractTarget = typeof ExtractTarget.Type

export const extractTarget = (id: string) =>
  first(
    "extractTarget",
    ExtractTarget,
    (sql) => sql`
      select p."id" as "packageId", e."filePath", p."fileName", p."archiveType", c."telegramId" as "destChatId",
             to_jsonb(case when p."destMessageId" is null then '{}'
                           when cardinality(coalesce(p."destMessageIds", '{}')) > 0 then p."destMessageIds"
                           else array[p."destMessageId"] end) as "messageIds"
      from "archive_extract_requests" e join "packages" p on p."id" = e."packageId"
        left join "telegram_channels" c on c."id" = p."destChannelId"
      where e."id" = ${id}`,
  )

/** Answers a request with what was extracted for another one of the same entry. False: there is none. */
export const completeExtractAgain = (id: string) =>
  run(
    "completeExtractAgain",
    (sql) => sql`
      update "archive_extract_requests" e
      set "status" = 'COMPLETED', "imageData" = o."imageData", "contentType" = o."contentType", "error" = null,
          "updatedAt" = now()
      from (
        select o."imageData", o."contentType" from "archive_extract_requests" r
          join "archive_extract_requests" o on o."packageId" = r."packageId" and o."filePath" = r."filePath"
        where r."id" = ${id} and o."id" <> r."id" and o."status" = 'COMPLETED' and o."imageData" is not null
        limit 1
      ) o
      where e."id" = ${id}`,
  ).pipe(Effect.map((written) => written > 0))

export const hasExtracted = (id: string) =>
  first(
    "hasExtracted",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      select o."id" from "archive_extract_requests" r
        join "archive_extract_requests" o on o."packageId" = r."packageId" and o."filePath" = r."filePath"
      where r."id" = ${id} and o."id" <> r."id" and o."status" = 'COMPLETED' and o."imageData" is not null
      limit 1`,
  ).pipe(Effect.map((found) => found._tag === "Some"))

export const completeExtract = (id: string, content: Uint8Array, contentType: string) =>
  run(
    "completeExtract",
    (sql) => sql`
      update "archive_extract_requests"
      set "status" = 'COMPLETED', "imageData" = ${content}::bytea, "contentType" = ${contentType}, "error" = null,
          "updatedAt" = now()
      where "id" = ${id}`,
  ).pipe(Effect.asVoid)
