import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { first, run } from "./statement.ts"

/** A value of global_settings, where the app, the bot and the worker keep what concerns all accounts. */
export const getSetting = (key: string) =>
  first(
    "getSetting",
    Schema.Struct({ value: Schema.String }),
    (sql) => sql`select "value" from "global_settings" where "key" = ${key}`,
  ).pipe(Effect.map(Option.map(({ value }) => value)))

/** Sets a value of global_settings; keys have at most 64 characters. */
export const setSetting = (key: string, value: string) =>
  run(
    "setSetting",
    (sql) => sql`
      insert into "global_settings" ("key", "value", "updatedAt") values (${key}, ${value}, now())
      on conflict ("key") do update set "value" = excluded."value", "updatedAt" = now()`,
  ).pipe(Effect.asVoid)
