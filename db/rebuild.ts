import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ArchiveType } from "./packages.ts"
import { allPages } from "./pages.ts"
import { arrayLiteral, SafeInteger, storable, storableJson } from "./row.ts"
import { first, one, rows, run, transaction } from "./statement.ts"

const PACKAGES_AT_ONCE = 2000

const libraryMessagesAfter = (destChannelId: string, packageId: string) =>
  rows(
    "libraryMessages",
    Schema.Struct({ id: Schema.String, messageIds: Schema.Array(SafeInteger) }),
    (sql) => sql`
      select "id", to_jsonb(array_append(coalesce("destMessageIds", '{}'), "destMessageId")) as "messageIds"
      from "packages" where "destChannelId" = ${destChannelId} and "destMessageId" is not null and "id" > ${packageId}
      order by "id" limit ${PACKAGES_AT_ONCE}`,
  ).pipe(
    Effect.map((found) => ({
      content: found.flatMap(({ messageIds }) => messageIds),
      last: found.length < PACKAGES_AT_ONCE ? undefined : found.at(-1)?.id,
    })),
  )

/** The messages of a destination that belong to packages. */
export const libraryMessages = (destChannelId: string) =>
  Effect.map(
    allPages("", (packageId) => libraryMessagesAfter(destChannelId, packageId)),
    (pages) => new Set(pages.flat()),
  )

/** What is known of a content whose hash begins like this. */
export const KnownContent = Schema.Struct({
  contentHash: Schema.String,
  /** Null: there is no package of it. */
  packageId: Schema.NullOr(Schema.String),
  /** Whether that package has messages in a destination. */
  isPublished: Schema.Boolean,
  /** Whether it is being published now. */
  isOpen: Schema.Boolean,
  /** The set that it was published from, or a duplicate of it. */
  sourceChannelId: Schema.NullOr(Schema.String),
  sourceMessageId: Schema.NullOr(SafeInteger),
  setName: Schema.NullOr(Schema.String),
})
export type KnownContent = typeof KnownContent.Type

/** `prefix`: the first 16 digits of the SHA-256. None: nothing of ours knows such a content. */
export const knownContent = (prefix: string) =>
  first(
    "knownContent",
    KnownContent,
    (sql) => sql`
      with hashes as (
        select "contentHash" from "packages" where "contentHash" between ${prefix} and ${prefix.padEnd(64, "f")}
        union select "contentHash" from stash_publications
          where "contentHash" between ${prefix} and ${prefix.padEnd(64, "f")}
        union select "contentHash" from stash_claims
          where "contentHash" between ${prefix} and ${prefix.padEnd(64, "f")}
      )
      select h."contentHash", p."id" as "packageId", p."destMessageId" is not null as "isPublished",
             exists (select from stash_publications o where o."contentHash" = h."contentHash") as "isOpen",
             k."sourceChannelId", k."firstMessageId" as "sourceMessageId", k."setName"
      from hashes h left join "packages" p on p."contentHash" = h."contentHash"
        left join lateral (
          select "sourceChannelId", "firstMessageId", "setName" from stash_claims c
          where c."contentHash" = h."contentHash" and c."firstMessageId" > 0
          order by c."state" = 'published' desc, c."firstSeenAt" limit 1
        ) k on true
      order by p."id" is null limit 1`,
  )

/** The package without messages that has just this name and size, if there is exactly one. */
export const lostPackageCalled = (fileName: string, bytes: number) =>
  rows(
    "lostPackageCalled",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      select "id" from "packages"
      where "fileName" = ${storable(fileName)} and "fileSize" = ${bytes} and "destMessageId" is null limit 2`,
  ).pipe(Effect.map((found) => (found.length === 1 ? found[0]?.id : undefined)))

interface Messages {
  readonly destChannelId: string
  /** In the order of the parts. */
  readonly messageIds: ReadonlyArray<number>
}

/** Gives a package whose messages were lost those that were found. False: it has some. */
export const attachMessages = (packageId: string, { destChannelId, messageIds }: Messages) =>
  run(
    "attachMessages",
    (sql) => sql`
      update "packages" set
        "destChannelId" = ${destChannelId}, "destMessageId" = ${messageIds[0] ?? null},
        "destMessageIds" = ${arrayLiteral(messageIds)}::bigint[], "isMultipart" = ${messageIds.length > 1},
        "partCount" = ${messageIds.length}
      where "id" = ${packageId} and "destMessageId" is null`,
  ).pipe(Effect.map((written) => written > 0))

export interface RestoredPackage extends Messages {
  readonly contentHash: string
  readonly fileName: string
  readonly fileSize: number
  readonly archiveType: typeof ArchiveType.Type
  /** Where it was published from; null: nobody knows, and then it comes from the destination itself. */
  readonly source: { readonly channelId: string; readonly messageId: number } | null
}

/** Writes the row of a package that was found in its destination. None: there is such a package, or it is being published. */
export const insertRestored = (restored: RestoredPackage) =>
  first(
    "insertRestored",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      insert into "packages" (
        "id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId", "destChannelId",
        "destMessageId", "destMessageIds", "isMultipart", "partCount"
      )
      select gen_random_uuid()::text, ${restored.contentHash}, ${storable(restored.fileName)}, ${restored.fileSize},
             ${restored.archiveType}::"ArchiveType", ${restored.source?.channelId ?? restored.destChannelId},
             ${restored.source?.messageId ?? restored.messageIds[0] ?? 0}, ${restored.destChannelId},
             ${restored.messageIds[0] ?? null}, ${arrayLiteral(restored.messageIds)}::bigint[],
             ${restored.messageIds.length > 1}, ${restored.messageIds.length}
      where not exists (select from stash_publications where "contentHash" = ${restored.contentHash})
      on conflict ("contentHash") do nothing
      returning "id"`,
  )

/** Asks for a rebuild as the app does, and says how; answers with the id of the row to look at. */
export const askRebuild = (asked: { readonly accountId: string; readonly input: unknown }) =>
  transaction(
    "askRebuild",
    Effect.gen(function* () {
      const { id } = yield* one(
        "askRebuild",
        Schema.Struct({ id: Schema.String }),
        (sql) => sql`
          insert into "channel_fetch_requests" ("id", "accountId", "updatedAt")
          values (gen_random_uuid()::text, ${asked.accountId}, now()) returning "id"`,
      )
      yield* run(
        "noteRebuild",
        (sql) => sql`
          insert into stash_app_requests ("id", "kind", "isHeard", "input", "wantedAccountId")
          values (${id}, 'rebuild_packages', true, ${storableJson(asked.input)}::text::jsonb, ${asked.accountId})`,
      )
      yield* run("announceRebuild", (sql) => sql`select pg_notify('rebuild_packages', ${id})`)
      return id
    }),
  )

/** A row of channel_fetch_requests as whoever asked polls it. */
export const fetchOutcome = (id: string) =>
  first(
    "fetchOutcome",
    Schema.Struct({
      status: Schema.String,
      result: Schema.NullOr(Schema.String),
      error: Schema.NullOr(Schema.String),
    }),
    (sql) => sql`
      select "status"::text, "resultJson" as "result", "error" from "channel_fetch_requests" where "id" = ${id}`,
  )
