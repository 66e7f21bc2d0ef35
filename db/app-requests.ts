import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SafeInteger, storable, storableJson } from "./row.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** Every kind of request of the web app; also the channel that each is announced on, with the row's id or JSON. */
export const appRequestKinds = [
  "channel_fetch",
  "join_channel",
  "create_destination",
  "generate_invite",
  "rebuild_packages",
  "archive_extract",
  "manual_upload",
] as const
export const AppRequestKind = Schema.Literals(appRequestKinds)
export type AppRequestKind = typeof AppRequestKind.Type

/** A request that an account has taken. */
export const TakenAppRequest = Schema.Struct({
  id: Schema.String,
  kind: AppRequestKind,
  input: Schema.Unknown,
  /** Fences those who worked on it before. */
  token: SafeInteger,
  /** 1 for the first. */
  attempts: Schema.Int,
})
export type TakenAppRequest = typeof TakenAppRequest.Type

/** The app's table that a kind of request has its row in; none: it has no row. */
type RowTable = "channel_fetch_requests" | "archive_extract_requests" | "manual_uploads"
const tableOf: Readonly<Record<AppRequestKind, RowTable | null>> = {
  channel_fetch: "channel_fetch_requests",
  join_channel: "channel_fetch_requests",
  create_destination: "channel_fetch_requests",
  rebuild_packages: "channel_fetch_requests",
  generate_invite: null,
  archive_extract: "archive_extract_requests",
  manual_upload: "manual_uploads",
}

const isOpen = (kind: AppRequestKind, id: string) => {
  const table = tableOf[kind]
  if (table === null) return Effect.succeed(true)
  return first(
    "isAppRequestOpen",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      select "id" from ${sql(table)}
      where "id" = ${id} and "status"::text in ('PENDING', 'IN_PROGRESS', 'PROCESSING')`,
  ).pipe(Effect.map((found) => found._tag === "Some"))
}

/** What a notification says. */
export interface HeardRequest {
  readonly id: string
  readonly kind: AppRequestKind
  readonly input: unknown
  /** Null: the account that is the fittest. */
  readonly wantedAccountId: string | null
  /** Nobody but the wanted account may do it. */
  readonly isBound: boolean
}

/**
 * Keeps what a notification has said, until it is answered. All supervisors may note it; false: the app has no such open row.
 * A row that was found before its notification came is known for what it is from now on.
 */
export const noteHeard = (heard: HeardRequest) =>
  transaction(
    "noteHeard",
    Effect.gen(function* () {
      if (!(yield* isOpen(heard.kind, heard.id))) return false
      yield* run(
        "noteHeard",
        (sql) => sql`
          insert into stash_app_requests as r ("id", "kind", "isHeard", "input", "wantedAccountId", "isBound")
          values (
            ${heard.id}, ${heard.kind}, true, ${storableJson(heard.input)}::text::jsonb,
            coalesce((select "id" from "telegram_accounts" where "id" = ${heard.wantedAccountId}),
                     (select f."accountId" from "channel_fetch_requests" f where f."id" = ${heard.id})),
            ${heard.isBound}
          )
          on conflict ("id") do update set
            "kind" = excluded."kind", "isHeard" = true, "input" = excluded."input", "isBound" = excluded."isBound",
            "wantedAccountId" = excluded."wantedAccountId", "waitingSince" = now(), "notBefore" = now()
          where not r."isHeard" and r."accountId" is null`,
      )
      return true
    }),
  )

/** A notification comes right after its row; after this long it was missed. */
const GRACE_SECONDS = 5
/** The app writes an upload's files before it announces them, and the row before the files. */
const UPLOAD_GRACE_SECONDS = 60

/**
 * Notices rows whose notification nobody heard, and those that an earlier worker left in progress. A row of
 * channel_fetch_requests says by itself no more than whose chats it may be about: it is taken for a channel_fetch.
 */
export const noticeUnheard = () =>
  transaction(
    "noticeUnheard",
    Effect.gen(function* () {
      const fetches = yield* run(
        "noticeFetches",
        (sql) => sql`
          insert into stash_app_requests ("id", "kind", "isHeard", "wantedAccountId", "isBound", "notBefore")
          select f."id", 'channel_fetch', false, f."accountId", true, now() + make_interval(secs => ${GRACE_SECONDS})
          from "channel_fetch_requests" f
          where f."status" in ('PENDING', 'IN_PROGRESS')
          on conflict ("id") do nothing`,
      )
      const extracts = yield* run(
        "noticeExtracts",
        (sql) => sql`
          insert into stash_app_requests ("id", "kind", "isHeard")
          select e."id", 'archive_extract', true from "archive_extract_requests" e
          where e."status" in ('PENDING', 'IN_PROGRESS')
          on conflict ("id") do nothing`,
      )
      const uploads = yield* run(
        "noticeUploads",
        (sql) => sql`
          insert into stash_app_requests as r ("id", "kind", "isHeard", "input", "notBefore")
          select u."id", 'manual_upload', false, jsonb_build_object('files', u."files"),
                 now() + make_interval(secs => ${UPLOAD_GRACE_SECONDS})
          from (
            select m."id", (select count(*) from "manual_upload_files" f where f."uploadId" = m."id") as "files"
            from "manual_uploads" m where m."status" in ('PENDING', 'PROCESSING')
          ) u
          on conflict ("id") do update set "input" = excluded."input", "notBefore" = excluded."notBefore"
          where not r."isHeard" and r."accountId" is null and r."input" <> excluded."input"`,
      )
      return fetches + extracts + uploads
    }),
  )

/**
 * A destination that has no invite link, or one of the channel that was the destination before: the channel's id. What was
 * written within a minute was one act.
 */
export const destinationWithoutLink = () =>
  first(
    "destinationWithoutLink",
    Schema.Struct({ channelId: Schema.String }),
    (sql) => sql`
      select c."id" as "channelId"
      from "global_settings" d join "telegram_channels" c on c."id" = d."value"
        left join "global_settings" l on l."key" = 'destination_invite_link'
      where d."key" = 'destination_channel_id' and c."type" = 'DESTINATION' and c."isActive"
        and (l."key" is null or l."updatedAt" < d."updatedAt" - interval '1 minute')`,
  )

/** So long a request waits for the account it is meant for, before another one may do it. */
const WANTED_SECONDS = 5
const LEASE_SECONDS = 60

/**
 * Takes the oldest request of these kinds that this account may do, and tells the app that it is begun. What another life
 * had taken is taken again once that one let go of it, or its lease is over.
 */
export const takeAppRequest = (accountId: string, kinds: ReadonlyArray<AppRequestKind>) =>
  transaction(
    "takeAppRequest",
    Effect.gen(function* () {
      const taken = yield* first(
        "takeAppRequest",
        TakenAppRequest,
        (sql) => sql`
          update stash_app_requests set
            "accountId" = ${accountId}, "token" = nextval('stash_token'), "attempts" = "attempts" + 1,
            "leaseUntil" = now() + make_interval(secs => ${LEASE_SECONDS})
          where "id" = (
            select "id" from stash_app_requests
            where "kind" in ${sql([...kinds])} and "notBefore" <= now()
              and ("leaseUntil" is null or "leaseUntil" <= now())
              and not ${accountId} = any("tried")
              and ("wantedAccountId" = ${accountId}
                or not "isBound" and ("wantedAccountId" is null
                  or greatest("waitingSince", "notBefore") < now() - make_interval(secs => ${WANTED_SECONDS})))
            order by "waitingSince", "id" limit 1 for update skip locked
          )
          returning "id", "kind", "input", "token", "attempts"`,
      )
      if (taken._tag === "Some") yield* tellBegun(taken.value)
      return taken
    }),
  )

const tellBegun = ({ id, kind }: TakenAppRequest) => {
  if (kind === "generate_invite") return Effect.void
  if (kind === "manual_upload")
    return run(
      "tellUploadBegun",
      (sql) => sql`update "manual_uploads" set "status" = 'PROCESSING' where "id" = ${id} and "status" = 'PENDING'`,
    )
  if (kind === "archive_extract")
    return run(
      "tellExtractBegun",
      (sql) => sql`
        update "archive_extract_requests" set "status" = 'IN_PROGRESS', "updatedAt" = now()
        where "id" = ${id} and "status" = 'PENDING'`,
    )
  return run(
    "tellFetchBegun",
    (sql) => sql`
      update "channel_fetch_requests" set "status" = 'IN_PROGRESS', "updatedAt" = now()
      where "id" = ${id} and "status" = 'PENDING'`,
  )
}

type Held = Pick<TakenAppRequest, "id" | "token">

/** Says that the work goes on. False: somebody else has it meanwhile. */
export const renewAppRequest = ({ id, token }: Held) =>
  run(
    "renewAppRequest",
    (sql) => sql`
      update stash_app_requests set "leaseUntil" = now() + make_interval(secs => ${LEASE_SECONDS})
      where "id" = ${id} and "token" = ${token}`,
  ).pipe(Effect.map((written) => written > 0))

/** Lets whoever comes first go on with it, after so many seconds. */
export const giveBackAppRequest = ({ id, token }: Held, afterSeconds = 0) =>
  run(
    "giveBackAppRequest",
    (sql) => sql`
      update stash_app_requests
      set "leaseUntil" = null, "waitingSince" = now(), "notBefore" = now() + make_interval(secs => ${afterSeconds})
      where "id" = ${id} and "token" = ${token}`,
  ).pipe(Effect.asVoid)

/**
 * Lets go of what an earlier life of this account had taken. An account lives once over all supervisors, so that whatever it has
 * at its beginning is a leftover.
 */
export const giveBackOfEarlierLife = (accountId: string) =>
  run(
    "giveBackOfEarlierLife",
    (sql) => sql`
      update stash_app_requests set "leaseUntil" = null, "waitingSince" = now()
      where "accountId" = ${accountId} and "leaseUntil" is not null`,
  ).pipe(Effect.asVoid)

/** Leaves it to another account, since this one cannot do it. */
export const passOnAppRequest = ({ id, token }: Held, problem: string) =>
  run(
    "passOnAppRequest",
    (sql) => sql`
      update stash_app_requests
      set "leaseUntil" = null, "waitingSince" = now(), "tried" = array_append("tried", "accountId"), "problem" = ${storable(problem)}
      where "id" = ${id} and "token" = ${token}`,
  ).pipe(Effect.asVoid)

/** Ends a request: `write`, which tells the app, and the end of our own record, or nothing at all when somebody else has it. */
export const endAppRequest = <E, R>({ id, token }: Held, write: Effect.Effect<unknown, E, R>) =>
  transaction(
    "endAppRequest",
    Effect.gen(function* () {
      const ended = yield* run(
        "endAppRequest",
        (sql) => sql`delete from stash_app_requests where "id" = ${id} and "token" = ${token}`,
      )
      if (ended > 0) yield* write
      return ended > 0
    }),
  )

/** Tells the app that a request failed, and why. */
export const writeFailure = (kind: AppRequestKind, id: string, error: string) => {
  const text = storable(error)
  switch (kind) {
    case "generate_invite":
      return Effect.void
    case "manual_upload":
      return run(
        "failUpload",
        (sql) => sql`
          update "manual_uploads" set "status" = 'FAILED', "errorMessage" = ${text}, "completedAt" = now()
          where "id" = ${id} and "status" in ('PENDING', 'PROCESSING')`,
      ).pipe(Effect.asVoid)
    case "archive_extract":
      return run(
        "failExtract",
        (sql) => sql`
          update "archive_extract_requests" set "status" = 'FAILED', "error" = ${text}, "updatedAt" = now()
          where "id" = ${id} and "status" in ('PENDING', 'IN_PROGRESS')`,
      ).pipe(Effect.asVoid)
    default:
      return run(
        "failFetch",
        (sql) => sql`
          update "channel_fetch_requests" set "status" = 'FAILED', "error" = ${text}, "updatedAt" = now()
          where "id" = ${id} and "status" in ('PENDING', 'IN_PROGRESS')`,
      ).pipe(Effect.asVoid)
  }
}

/** So long a request waits for an account that does it. */
const UNTAKEN_SECONDS = 60

const Untaken = Schema.Struct({
  id: Schema.String,
  kind: AppRequestKind,
  problem: Schema.NullOr(Schema.String),
  isBound: Schema.Boolean,
  wantedName: Schema.NullOr(Schema.String),
  wantedState: Schema.NullOr(Schema.String),
  wantedReason: Schema.NullOr(Schema.String),
})

/** A request that no account does, with what is known of why; nobody can take it any more. */
export type UntakenRequest = typeof Untaken.Type

/** Fails what no account has taken in time, or none that lives can do. Answers with what was failed. */
export const failUntaken = (describe: (untaken: UntakenRequest) => string) =>
  transaction(
    "failUntaken",
    Effect.gen(function* () {
      const untaken = yield* rows(
        "untakenAppRequests",
        Untaken,
        (sql) => sql`
          delete from stash_app_requests r using stash_app_requests same
            left join "telegram_accounts" a on a."id" = same."wantedAccountId"
            left join stash_account_states s on s."accountId" = a."id"
          where same."id" = r."id" and r."notBefore" <= now() and (r."leaseUntil" is null or r."leaseUntil" <= now())
            and (greatest(r."waitingSince", r."notBefore", r."leaseUntil") < now() - make_interval(secs => ${UNTAKEN_SECONDS})
              or cardinality(r."tried") > 0 and not exists (
                select from pg_stat_activity p join "telegram_accounts" t on p."application_name" = 'lock:' || t."id"
                where p."datname" = current_database() and t."isActive" and not t."id" = any(r."tried")
              ))
          returning r."id", r."kind", r."problem", r."isBound", coalesce(a."displayName", a."id") as "wantedName",
                    s."state" as "wantedState", s."reason" as "wantedReason"`,
      )
      for (const request of untaken) yield* writeFailure(request.kind, request.id, describe(request))
      return untaken
    }),
  )

/** Requests that nobody works on, and whom each is for. */
export const waitingAppRequests = () =>
  rows(
    "waitingAppRequests",
    Schema.Struct({
      id: Schema.String,
      wantedAccountId: Schema.NullOr(Schema.String),
      isBound: Schema.Boolean,
      waitedSeconds: Schema.Number,
    }),
    (sql) => sql`
      select "id", "wantedAccountId", "isBound",
             extract(epoch from now() - greatest("waitingSince", "notBefore"))::double precision as "waitedSeconds"
      from stash_app_requests where "leaseUntil" is null or "leaseUntil" <= now()`,
  )

/** Forgets what the app has taken back: its rows are gone, or ended by somebody else. */
export const forgetWithdrawn = () =>
  run(
    "forgetWithdrawn",
    (sql) => sql`
      delete from stash_app_requests r
      where ("leaseUntil" is null or "leaseUntil" <= now()) and case r."kind"
        when 'generate_invite' then false
        when 'manual_upload' then not exists (
          select from "manual_uploads" m where m."id" = r."id" and m."status" in ('PENDING', 'PROCESSING'))
        when 'archive_extract' then not exists (
          select from "archive_extract_requests" e where e."id" = r."id" and e."status" in ('PENDING', 'IN_PROGRESS'))
        else not exists (
          select from "channel_fetch_requests" f where f."id" = r."id" and f."status" in ('PENDING', 'IN_PROGRESS'))
      end`,
  )

/** The active account that fits best for what is asked of nobody in particular: one that publishes, premium first. */
export const fittestAccount = () =>
  first(
    "fittestAccount",
    Schema.Struct({ id: Schema.String }),
    (sql) => sql`
      select a."id" from "telegram_accounts" a left join stash_account_states s on s."accountId" = a."id"
      where a."isActive" and a."authState" = 'AUTHENTICATED'
      order by s."state" in ('idle', 'ingesting', 'settling', 'draining', 'quiet', 'paused') desc nulls last,
        exists (
          select from "account_channel_map" m join "global_settings" g on g."value" = m."channelId"
          where m."accountId" = a."id" and m."role" = 'WRITER' and g."key" = 'destination_channel_id'
        ) desc,
        a."isPremium" desc, a."createdAt", a."id"
      limit 1`,
  )
