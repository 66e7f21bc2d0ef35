import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { first, run } from "./statement.ts"

/** The proxy of an account: '' for none at all. None: the worker's own setting holds. */
export const proxyOf = (accountId: string) =>
  first(
    "proxyOf",
    Schema.Struct({ url: Schema.String }),
    (sql) => sql`select "url" from stash_proxies where "accountId" = ${accountId}`,
  ).pipe(Effect.map(Option.map(({ url }) => url)))

/** Gives an account a proxy of its own, '' for none, or null: as the worker's setting says. */
export const setProxy = (accountId: string, url: string | null) =>
  run("setProxy", (sql) =>
    url === null
      ? sql`delete from stash_proxies where "accountId" = ${accountId}`
      : sql`
            insert into stash_proxies ("accountId", "url") values (${accountId}, ${url})
            on conflict ("accountId") do update set "url" = excluded."url"`,
  ).pipe(Effect.asVoid)
