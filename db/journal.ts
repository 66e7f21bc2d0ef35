import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { notingNewPackage } from "./announcements.ts"
import { DatabaseError } from "./database.ts"
import { setNotificationKey, settlingNotification } from "./notifications.ts"
import { notingPackagePost, PackagePost } from "./package-posts.ts"
import { ArchiveType, createPackageStub, publishedByHash } from "./packages.ts"
import { SafeInteger, storable } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** What the package row needs beyond the journal's own fields, kept so that another life can finish the publication. */
export const PublicationStub = Schema.Struct({
  fileName: Schema.String,
  /** Bytes of all volumes. */
  fileSize: SafeInteger,
  archiveType: ArchiveType,
  sourceTopicId: Schema.NullOr(SafeInteger),
  sourceCaption: Schema.NullOr(Schema.String),
  /** The message of the source that it answers. Absent, as `post` is, in what an older worker wrote. */
  replyToMessageId: Schema.optionalKey(Schema.NullOr(SafeInteger)),
  post: Schema.optionalKey(PackagePost),
  ingestionRunId: Schema.NullOr(Schema.String),
})
export type PublicationStub = typeof PublicationStub.Type

const partFields = {
  /** 1 for the first. */
  part: Schema.Int,
  /** The document's name in the destination. */
  name: Schema.String,
  path: Schema.String,
  bytes: SafeInteger,
  /** Null for a piece that is cut only when it is sent. */
  sha256: Schema.NullOr(Schema.String),
}

export const PublicationPart = Schema.Struct({
  ...partFields,
  /** The final id once the server has confirmed the part. */
  destMessageId: Schema.NullOr(SafeInteger),
})
export type PublicationPart = typeof PublicationPart.Type

export type PlannedPart = Omit<PublicationPart, "destMessageId">

const headFields = {
  contentHash: Schema.String,
  accountId: Schema.String,
  /** Whoever holds the newest may write. */
  token: SafeInteger,
  sourceChannelId: Schema.String,
  firstMessageId: SafeInteger,
  destChannelId: Schema.String,
  /** TDLib's chat id. */
  destChatId: SafeInteger,
  /** Whatever was sent for this publication lies after this message of the destination. */
  afterMessageId: SafeInteger,
  /** The tag of the first part; empty when its messages carry none. */
  tag: Schema.String,
  directory: Schema.String,
  stub: PublicationStub,
}

/** A content whose parts are being sent. */
export const Publication = Schema.Struct({ ...headFields, parts: Schema.Array(PublicationPart) })
export type Publication = typeof Publication.Type

export type NewPublication = Omit<Publication, "parts"> & { readonly parts: ReadonlyArray<PlannedPart> }

/** `isNew`: nothing of it can be in the destination yet. */
export type OpenedPublication = Publication & { readonly isNew: boolean }

/**
 * Writes the journal row and its parts; to be called under the hash lock, before anything is sent. A publication that an earlier life
 * left open is taken over: it keeps its destination, its tag, its afterMessageId and every confirmed part that the new plan cuts alike.
 * Fails with "conflict" when somebody with a newer token has it, or when the content has been published since the caller looked: whoever
 * lost its lock without knowing it would open what another one has finished.
 */
export const openPublication = (planned: NewPublication) =>
  transaction(
    "openPublication",
    Effect.gen(function* () {
      const isNew = yield* insertPublication(planned)
      // In a statement of its own: what was committed while the insert waited for the row of its predecessor is seen here.
      if (isNew && Option.isSome(yield* publishedByHash(planned.contentHash)))
        return yield* overtaken("openPublication")
      if (!isNew) {
        if (!(yield* takeOverForPlan(planned))) return yield* overtaken("openPublication")
        yield* deleteOtherParts(planned)
      }
      yield* insertParts(planned)
      if (isNew) {
        const parts = planned.parts.map((part) => ({ ...part, destMessageId: null }))
        return { ...planned, parts, isNew } satisfies OpenedPublication
      }
      const opened = yield* publicationByHash(planned.contentHash)
      if (Option.isNone(opened)) return yield* overtaken("openPublication")
      return { ...opened.value, isNew } satisfies OpenedPublication
    }),
  )

const overtaken = (statement: string) =>
  new DatabaseError({
    statement,
    reason: "conflict",
    message: "the publication is no longer the caller's: somebody with a newer token has it, or it is finished",
  })

const insertPublication = (planned: NewPublication) =>
  run(
    "insertPublication",
    (sql) => sql`
      insert into stash_publications (
        "contentHash", "accountId", "token", "sourceChannelId", "firstMessageId", "destChannelId", "destChatId",
        "afterMessageId", "tag", "directory", "stub"
      ) values (
        ${planned.contentHash}, ${planned.accountId}, ${planned.token}, ${planned.sourceChannelId},
        ${planned.firstMessageId}, ${planned.destChannelId}, ${planned.destChatId}, ${planned.afterMessageId},
        ${planned.tag}, ${planned.directory}, ${stubJson(planned)}::text::jsonb
      )
      on conflict ("contentHash") do nothing`,
  ).pipe(Effect.map((written) => written > 0))

const takeOverForPlan = (planned: NewPublication) =>
  run(
    "takeOverForPlan",
    (sql) => sql`
      update stash_publications set
        "accountId" = ${planned.accountId}, "token" = ${planned.token}, "sourceChannelId" = ${planned.sourceChannelId},
        "firstMessageId" = ${planned.firstMessageId}, "directory" = ${planned.directory},
        "stub" = ${stubJson(planned)}::text::jsonb, "updatedAt" = now()
      where "contentHash" = ${planned.contentHash} and "token" <= ${planned.token}`,
  ).pipe(Effect.map((written) => written > 0))

const stubJson = ({ stub }: NewPublication) =>
  JSON.stringify({
    ...stub,
    fileName: storable(stub.fileName),
    sourceCaption: stub.sourceCaption === null ? null : storable(stub.sourceCaption),
  })

const partsJson = ({ parts }: NewPublication) =>
  JSON.stringify(parts.map((part) => ({ ...part, name: storable(part.name) })))

/** A confirmed part stays only where the plan has the same piece of the same number of pieces. */
const deleteOtherParts = (planned: NewPublication) =>
  run(
    "deleteOtherParts",
    (sql) => sql`
      delete from stash_publication_parts old
      where old."contentHash" = ${planned.contentHash} and not (
        (select count(*) from stash_publication_parts where "contentHash" = ${planned.contentHash}) = ${planned.parts.length}
        and exists (
          select from jsonb_to_recordset(${partsJson(planned)}::text::jsonb) as new ("part" int, "bytes" bigint, "sha256" text)
          where new."part" = old."part" and new."bytes" = old."bytes"
            and coalesce(new."sha256" = old."sha256", true)
        )
      )`,
  )

const insertParts = (planned: NewPublication) =>
  run(
    "insertParts",
    (sql) => sql`
      insert into stash_publication_parts ("contentHash", "part", "name", "path", "bytes", "sha256")
      select ${planned.contentHash}, "part", "name", "path", "bytes", "sha256"
      from jsonb_to_recordset(${partsJson(planned)}::text::jsonb)
        as planned ("part" int, "name" text, "path" text, "bytes" bigint, "sha256" text)
      on conflict ("contentHash", "part") do update set "path" = excluded."path"`,
  )

/**
 * The commit point of a part: its final message id is known. Repeating it with the same id changes nothing. False: the publication
 * is no longer the caller's, or the part was confirmed with another id; the message just sent is one too many.
 */
export const confirmPart = (confirmed: {
  readonly contentHash: string
  readonly token: number
  readonly part: number
  readonly destMessageId: number
}) =>
  run(
    "confirmPart",
    (sql) => sql`
      update stash_publication_parts p
      set "destMessageId" = ${confirmed.destMessageId}, "confirmedAt" = coalesce("confirmedAt", now())
      from (
        select "contentHash" from stash_publications
        where "contentHash" = ${confirmed.contentHash} and "token" = ${confirmed.token} for share
      ) held
      where p."contentHash" = held."contentHash" and p."part" = ${confirmed.part}
        and coalesce(p."destMessageId", ${confirmed.destMessageId}) = ${confirmed.destMessageId}`,
  ).pipe(Effect.map((written) => written > 0))

/** Whether parts of this set may be in the destination already: somebody has begun to publish it. */
export const isBeingPublished = (set: { readonly sourceChannelId: string; readonly firstMessageId: number }) =>
  first(
    "isBeingPublished",
    Schema.Struct({ contentHash: Schema.String }),
    (sql) => sql`
      select "contentHash" from stash_publications
      where "sourceChannelId" = ${set.sourceChannelId} and "firstMessageId" = ${set.firstMessageId} limit 1`,
  ).pipe(Effect.map(Option.isSome))

/** The account's publications that are not finished, oldest first. */
export const openPublications = (accountId: string) =>
  rows(
    "openPublications",
    Publication,
    (sql) =>
      sql`${selectPublications(sql)} where pub."accountId" = ${accountId} order by pub."openedAt", pub."contentHash"`,
  )

export const publicationByHash = (contentHash: string) =>
  first(
    "publicationByHash",
    Publication,
    (sql) => sql`${selectPublications(sql)} where pub."contentHash" = ${contentHash}`,
  )

const selectPublications = (sql: Parameters<Parameters<typeof rows>[2]>[0]) => sql`
  select pub."contentHash", pub."accountId", pub."token", pub."sourceChannelId", pub."firstMessageId", pub."destChannelId",
         pub."destChatId", pub."afterMessageId", pub."tag", pub."directory", pub."stub", (
           select coalesce(jsonb_agg(jsonb_build_object(
             'part', p."part", 'name', p."name", 'path', p."path", 'bytes', p."bytes", 'sha256', p."sha256",
             'destMessageId', p."destMessageId"
           ) order by p."part"), '[]')
           from stash_publication_parts p where p."contentHash" = pub."contentHash"
         ) as "parts"
  from stash_publications pub`

/** Makes the holder of a newer token the owner. False: there is no such publication, or its token is newer still. */
export const takeOverPublication = (owner: {
  readonly contentHash: string
  readonly accountId: string
  readonly token: number
}) =>
  run(
    "takeOverPublication",
    (sql) => sql`
      update stash_publications set "accountId" = ${owner.accountId}, "token" = ${owner.token}, "updatedAt" = now()
      where "contentHash" = ${owner.contentHash} and "token" <= ${owner.token}`,
  ).pipe(Effect.map((written) => written > 0))

/**
 * The commit point of a publication, in one transaction: package stub, skip entry removed, claim settled, journal row deleted,
 * noted for the bot. Answers with the package's id. Fails with "conflict", having changed nothing, when the publication is no longer the caller's,
 * a part is not confirmed, or the content is published already.
 */
export const finishPublication = (finished: { readonly contentHash: string; readonly token: number }) =>
  transaction(
    "finishPublication",
    Effect.gen(function* () {
      const held = yield* holdPublication(finished)
      if (Option.isNone(held)) return yield* overtaken("finishPublication")
      const publication = held.value
      const destMessageIds = publication.parts.flatMap(({ destMessageId }) => destMessageId ?? [])
      if (destMessageIds.length === 0 || destMessageIds.length !== publication.parts.length) {
        return yield* unfinished(`${destMessageIds.length} of ${publication.parts.length} parts are confirmed`)
      }
      const { contentHash, destChannelId, firstMessageId, sourceChannelId, stub } = publication
      const created = yield* createPackageStub({
        ...stub,
        contentHash,
        sourceChannelId,
        sourceMessageId: firstMessageId,
        destChannelId,
        destMessageIds,
      })
      if (Option.isNone(created)) return yield* unfinished("a package with this content exists")
      const packageId = created.value.id
      yield* closePublication(publication, packageId)
      return packageId
    }),
  )

const unfinished = (message: string) =>
  new DatabaseError({ statement: "finishPublication", reason: "conflict", message })

const holdPublication = (finished: { readonly contentHash: string; readonly token: number }) =>
  first(
    "holdPublication",
    Publication,
    (sql) => sql`
      ${selectPublications(sql)} where pub."contentHash" = ${finished.contentHash} and pub."token" = ${finished.token}
      for update of pub`,
  )

/**
 * Whatever else changes with the end of a publication that is held. The claim is fenced by the publication, not by its own
 * token: the content is in the destination, whoever looks at the set now.
 */
const closePublication = (publication: Publication, packageId: string) => {
  const { contentHash, firstMessageId, sourceChannelId, stub } = publication
  return run(
    "closePublication",
    (sql) => sql`
      with posted as (${notingPackagePost(sql, packageId, sourceChannelId, stub.post)}),
      told as (${settlingNotification(sql, setNotificationKey(sourceChannelId, firstMessageId))}),
      announced as (${notingNewPackage(sql, packageId)}),
      taken_up as (
        delete from "skipped_packages"
        where "sourceChannelId" = ${sourceChannelId} and "sourceMessageId" = ${firstMessageId}
      ),
      settled as (
        update stash_claims
        set "state" = 'published', "reason" = '', "contentHash" = ${contentHash}, "retryAt" = null, "leaseUntil" = null,
            "updatedAt" = now()
        where "sourceChannelId" = ${sourceChannelId} and "firstMessageId" = ${firstMessageId}
      )
      delete from stash_publications where "contentHash" = ${contentHash}`,
  )
}
