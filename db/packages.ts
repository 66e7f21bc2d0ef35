import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { announcePackage } from "./announcements.ts"
import { arrayLiteral, hashesFrom, SafeInteger, storable } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

export const ArchiveType = Schema.Literals(["ZIP", "RAR", "SEVEN_Z", "DOCUMENT"])
export type ArchiveType = typeof ArchiveType.Type

export const PackageSummary = Schema.Struct({
  id: Schema.String,
  contentHash: Schema.String,
  fileName: Schema.String,
  /** Entries of the archive; 0 while its metadata is pending. */
  fileCount: Schema.Int,
  /** Null when its messages are gone from the destination. */
  destMessageId: Schema.NullOr(SafeInteger),
  destChannelId: Schema.NullOr(Schema.String),
})
export type PackageSummary = typeof PackageSummary.Type

/** The package with this content. `contentHash`: SHA-256 of the volumes' bytes in volume order, in hexadecimal. */
export const packageByHash = (contentHash: string) =>
  first(
    "packageByHash",
    PackageSummary,
    (sql) => sql`
      select "id", "contentHash", "fileName", "fileCount", "destMessageId", "destChannelId" from "packages"
      where "contentHash" = ${contentHash}`,
  )

/** The package with this content whose messages are in a destination. */
export const publishedByHash = (contentHash: string) =>
  first(
    "publishedByHash",
    PackageSummary,
    (sql) => sql`
      select "id", "contentHash", "fileName", "fileCount", "destMessageId", "destChannelId" from "packages"
      where "contentHash" = ${contentHash} and "destMessageId" is not null`,
  )

/** A package as an operator sees it. */
export const PackageDetail = Schema.Struct({
  id: Schema.String,
  contentHash: Schema.String,
  fileName: Schema.String,
  /** Bytes of all volumes. */
  fileSize: SafeInteger,
  archiveType: ArchiveType,
  fileCount: Schema.Int,
  destinationTitle: Schema.NullOr(Schema.String),
  /** In the order of the parts; empty when they are gone. */
  messageIds: Schema.Array(SafeInteger),
  /** What was not found at the last look. */
  problem: Schema.NullOr(Schema.String),
  /** Why its files could not be listed at the last try; null: they were, or are still to be. */
  listingProblem: Schema.NullOr(Schema.String),
})
export type PackageDetail = typeof PackageDetail.Type

const FEW = 20

/** Packages by id, by file name, or by the first 8 digits or more of the content hash; at most 20. */
export const findPackages = (wanted: string) => {
  const hashes = hashesFrom(wanted)
  return rows(
    "findPackages",
    PackageDetail,
    (sql) => sql`
      select p."id", p."contentHash", p."fileName", p."fileSize", p."archiveType", p."fileCount", c."title" as "destinationTitle",
             to_jsonb(case when p."destMessageId" is null then '{}'
                           when cardinality(coalesce(p."destMessageIds", '{}')) > 0 then p."destMessageIds"
                           else array[p."destMessageId"] end) as "messageIds",
             k."problem", r."problem" as "listingProblem"
      from "packages" p
        left join "telegram_channels" c on c."id" = p."destChannelId"
        left join stash_package_checks k on k."packageId" = p."id"
        left join stash_relists r on r."packageId" = p."id"
      where p."id" = ${wanted} or p."fileName" = ${wanted}
         or (p."contentHash" >= ${hashes.from} and p."contentHash" < ${hashes.to})
      order by p."indexedAt" limit ${FEW}`,
  )
}

/** What is known of a package as soon as its last part is confirmed. */
export interface PackageStub {
  readonly contentHash: string
  readonly fileName: string
  /** Bytes of all volumes. */
  readonly fileSize: number
  readonly archiveType: ArchiveType
  readonly sourceChannelId: string
  /** The set's first message. */
  readonly sourceMessageId: number
  readonly sourceTopicId: number | null
  readonly sourceCaption: string | null
  /** The message of the source that it answers. */
  readonly replyToMessageId?: number | null
  readonly destChannelId: string
  /** Final ids, in the order of the parts; at least one. */
  readonly destMessageIds: ReadonlyArray<number>
  readonly ingestionRunId: string | null
}

/**
 * Writes the row of a package whose metadata is pending (fileCount 0) and answers with its id. A row of the same content whose
 * messages were lost gets the new ones. None: the content is there already, with messages.
 */
export const createPackageStub = (stub: PackageStub) =>
  first(
    "createPackageStub",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      insert into "packages" as p (
        "id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId", "sourceTopicId",
        "sourceCaption", "replyToMessageId", "destChannelId", "destMessageId", "destMessageIds", "isMultipart", "partCount", "ingestionRunId"
      ) values (
        gen_random_uuid()::text, ${stub.contentHash}, ${storable(stub.fileName)}, ${stub.fileSize},
        ${stub.archiveType}::"ArchiveType", ${stub.sourceChannelId}, ${stub.sourceMessageId}, ${stub.sourceTopicId},
        ${stub.sourceCaption === null ? null : storable(stub.sourceCaption)}, ${stub.replyToMessageId ?? null}, ${stub.destChannelId},
        ${stub.destMessageIds[0] ?? null}, ${arrayLiteral(stub.destMessageIds)}::bigint[],
        ${stub.destMessageIds.length > 1}, ${stub.destMessageIds.length},
        -- The app may have deleted the run meanwhile.
        (select "id" from "ingestion_runs" where "id" = ${stub.ingestionRunId})
      )
      on conflict ("contentHash") do update set
        "destChannelId" = excluded."destChannelId", "destMessageId" = excluded."destMessageId",
        "destMessageIds" = excluded."destMessageIds", "isMultipart" = excluded."isMultipart",
        "partCount" = excluded."partCount", "indexedAt" = now()
      where p."destMessageId" is null
      returning p."id"`,
  )

/** An entry of an archive, as the listing found it. */
export interface PackageFile {
  readonly path: string
  readonly fileName: string
  readonly extension: string | null
  /** Null where the format does not tell. */
  readonly compressedBytes: number | null
  readonly uncompressedBytes: number
  readonly crc32: string | null
  /** What is to be known of it: `encrypted`, `guessed_name`, `parent_path` ... */
  readonly flags?: ReadonlyArray<string>
}

export interface PackageMetadata {
  readonly fileCount: number
  readonly files: ReadonlyArray<PackageFile>
  /** What is to be known of the whole: `encrypted_data`, `nested_archive`, `truncated_list` ... */
  readonly flags?: ReadonlyArray<string>
  /** An encoded image. */
  readonly previewData: Uint8Array | null
  /** The photo's message; null when the image comes from the archive. */
  readonly previewMessageId: number | null
  readonly creator: string | null
  readonly tags: ReadonlyArray<string>
}

const filesPerStatement = 250

/**
 * Completes a stub, and tells the bot of a new one. The file list is replaced, so that it may be repeated; creator, tags and preview that the row has already (people
 * edit them in the app) are kept.
 */
export const updatePackageWithMetadata = (packageId: string, metadata: PackageMetadata) =>
  transaction(
    "updatePackageWithMetadata",
    Effect.gen(function* () {
      yield* updateDescription(packageId, metadata)
      for (let start = 0; start < metadata.files.length; start += filesPerStatement) {
        yield* insertFiles(packageId, metadata.files.slice(start, start + filesPerStatement))
      }
      yield* announcePackage(packageId)
    }),
  )

const updateDescription = (packageId: string, metadata: PackageMetadata) =>
  run(
    "updateDescription",
    (sql) => sql`
      with emptied as (delete from "package_files" where "packageId" = ${packageId})
      update "packages" set
        "fileCount" = ${metadata.fileCount},
        "stashFlags" = ${arrayLiteral(metadata.flags ?? [])}::text[],
        "creator" = coalesce("creator", ${metadata.creator === null ? null : storable(metadata.creator)}::text),
        "tags" = case when cardinality(coalesce("tags", '{}')) > 0 then "tags"
                      else ${arrayLiteral(metadata.tags.map(storable))}::text[] end,
        "previewData" = coalesce("previewData", ${metadata.previewData}::bytea),
        "previewMsgId" = case when "previewData" is null then ${metadata.previewMessageId}::bigint else "previewMsgId" end
      where "id" = ${packageId}`,
  )

/** These columns have an index, and an index row has a third of a page: longer names are cut. */
const indexable = (text: string): string => storable(text.slice(0, 500))

/** One parameter however many rows: the entries travel as JSON. */
const insertFiles = (packageId: string, files: ReadonlyArray<PackageFile>) => {
  const entries = files.map((file) => ({
    path: storable(file.path),
    name: indexable(file.fileName),
    extension: file.extension === null ? null : indexable(file.extension),
    packed: file.compressedBytes ?? 0,
    bytes: file.uncompressedBytes,
    crc32: file.crc32,
    flags: file.flags ?? [],
  }))
  return run(
    "insertFiles",
    (sql) => sql`
      insert into "package_files" ("id", "packageId", "path", "fileName", "extension", "compressedSize", "uncompressedSize", "crc32",
                                   "stashFlags")
      select gen_random_uuid()::text, ${packageId}, e.path, e.name, e.extension, e.packed, e.bytes, e.crc32, e.flags
      from jsonb_to_recordset(${JSON.stringify(entries)}::text::jsonb) as
        e (path text, name text, extension text, packed bigint, bytes bigint, crc32 text, flags text[])`,
  )
}

export const PendingStub = Schema.Struct({
  id: Schema.String,
  contentHash: Schema.String,
  fileName: Schema.String,
  sourceChannelId: Schema.String,
  sourceMessageId: SafeInteger,
})
export type PendingStub = typeof PendingStub.Type

/** Published packages whose metadata is pending, oldest first. */
export const stubsWithoutMetadata = (limit: number) =>
  rows(
    "stubsWithoutMetadata",
    PendingStub,
    (sql) => sql`
      select "id", "contentHash", "fileName", "sourceChannelId", "sourceMessageId" from "packages"
      where "fileCount" = 0 order by "indexedAt" limit ${limit}`,
  )
