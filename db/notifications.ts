import * as Effect from "effect/Effect"
import type { Sql } from "./database.ts"
import { storable, storableJson } from "./row.ts"
import { run } from "./statement.ts"

/** What the app's bell shows. */
export interface AppNotification {
  /** Names what happened: as long as the app has a notification of that key, the same words are no news. */
  readonly key: string
  readonly type: "UPLOAD_FAILED" | "DOWNLOAD_FAILED" | "HASH_MISMATCH" | "MISSING_PART" | "INTEGRITY_AUDIT"
  readonly severity: "INFO" | "WARNING" | "ERROR"
  readonly title: string
  readonly message: string
  readonly context: Readonly<Record<string, unknown>>
}

/** Shows something in the app's bell, once; in other words it is shown anew, as unread. */
export const notifyApp = ({ context, key, message, severity, title, type }: AppNotification) =>
  run(
    "notifyApp",
    (sql) => sql`
      insert into "system_notifications" as n ("id", "type", "severity", "title", "message", "context")
      values (
        gen_random_uuid()::text, ${type}::"NotificationType", ${severity}::"NotificationSeverity", ${storable(title)},
        ${storable(message)}, ${storableJson({ ...context, stashKey: key })}::text::jsonb
      )
      on conflict (("context"->>'stashKey')) where "context"->>'stashKey' is not null do update set
        "title" = excluded."title", "message" = excluded."message", "context" = excluded."context",
        "severity" = excluded."severity", "type" = excluded."type", "isRead" = false, "createdAt" = now()
      where n."message" <> excluded."message" or n."type" <> excluded."type"`,
  ).pipe(Effect.asVoid)

/** What was told under this key is over: whoever has not read it need not. As a part of another statement. */
export const settlingNotification = (sql: Sql, key: string) => sql`
  update "system_notifications" set "isRead" = true
  where "context"->>'stashKey' is not null and "context"->>'stashKey' = ${key} and not "isRead"`

/** The key of what happened to an archive set. */
export const setNotificationKey = (sourceChannelId: string, firstMessageId: number): string =>
  `set:${sourceChannelId}:${firstMessageId}`
