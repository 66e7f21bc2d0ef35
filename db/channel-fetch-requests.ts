import * as Effect from "effect/Effect"
import { storableJson } from "./row.ts"
import { run } from "./statement.ts"

/** Ends a row of channel_fetch_requests well; the app reads `result` as JSON. */
export const completeFetch = (id: string, result: unknown) =>
  run(
    "completeFetch",
    (sql) => sql`
      update "channel_fetch_requests"
      set "status" = 'COMPLETED', "resultJson" = ${storableJson(result)}, "error" = null, "updatedAt" = now()
      where "id" = ${id}`,
  ).pipe(Effect.asVoid)

/** Tells the app how far a request is that takes long. */
export const noteFetchProgress = (id: string, progress: unknown) =>
  run(
    "noteFetchProgress",
    (sql) => sql`
      update "channel_fetch_requests" set "resultJson" = ${storableJson(progress)}, "updatedAt" = now()
      where "id" = ${id} and "status" = 'IN_PROGRESS'`,
  ).pipe(Effect.asVoid)
