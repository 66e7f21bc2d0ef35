import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Sql } from "./database.ts"
import { storable } from "./row.ts"
import { rows, run } from "./statement.ts"

/** Notes that a package is new; the bot hears of it later, in the words of its metadata. As a part of another statement. */
export const notingNewPackage = (sql: Sql, packageId: string) => sql`
  insert into stash_announcements ("packageId") values (${packageId}) on conflict do nothing`

const Announced = Schema.Struct({
  packageId: Schema.String,
  fileName: Schema.String,
  creator: Schema.NullOr(Schema.String),
  tags: Schema.Array(Schema.String),
})

/** A notification holds 8,000 bytes: of names that are longer the bot shows the beginning. */
const MAX_NAME = 500
const MAX_CREATOR = 100
const MAX_TAGS = 16
const MAX_TAG = 64

/** The bot's contract: it reads exactly these fields. Delivered when the transaction commits. */
const notifyNewPackage = ({ creator, fileName, packageId, tags }: typeof Announced.Type) => {
  const payload = {
    packageId,
    fileName: storable(fileName.slice(0, MAX_NAME)),
    creator: creator === null ? null : storable(creator.slice(0, MAX_CREATOR)),
    tags: tags.slice(0, MAX_TAGS).map((tag) => storable(tag.slice(0, MAX_TAG))),
  }
  return run("notifyNewPackage", (sql) => sql`select pg_notify('new_package', ${JSON.stringify(payload)})`)
}

/** Tells the bot of a package whose metadata is there; nothing happens when it has heard of it, or is not to. */
export const announcePackage = (packageId: string) =>
  rows(
    "announcePackage",
    Announced,
    (sql) => sql`
      delete from stash_announcements a using "packages" p
      where a."packageId" = ${packageId} and p."id" = a."packageId"
      returning p."id" as "packageId", p."fileName", p."creator", to_jsonb(coalesce(p."tags", '{}')) as "tags"`,
  ).pipe(Effect.flatMap((announced) => Effect.forEach(announced, notifyNewPackage, { discard: true })))

const AT_ONCE = 100

/** Tells the bot of packages that have waited for their metadata so long, as they are. Answers with how many those are. */
export const announceLate = (afterSeconds: number) =>
  rows(
    "announceLate",
    Announced,
    (sql) => sql`
      delete from stash_announcements a using "packages" p
      where p."id" = a."packageId" and a."packageId" in (
        select "packageId" from stash_announcements
        where "publishedAt" <= now() - make_interval(secs => ${afterSeconds})
        order by "publishedAt" limit ${AT_ONCE} for update skip locked
      )
      returning p."id" as "packageId", p."fileName", p."creator", to_jsonb(coalesce(p."tags", '{}')) as "tags"`,
  ).pipe(
    Effect.tap((announced) => Effect.forEach(announced, notifyNewPackage, { discard: true })),
    Effect.map((announced) => announced.length),
  )
