import { Effect, Schema } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { upsertChannel } from "./channels.ts"
import { claimSet } from "./claims.ts"
import { type AppNotification, notifyApp, settlingNotification } from "./notifications.ts"
import { type SkipReason, skipSet } from "./skipped.ts"
import { rows, run } from "./statement.ts"

let ana = ""
let check: Awaited<ReturnType<typeof twoAccounts>>["check"]
beforeEach(async () => {
  ;({ ana, check } = await twoAccounts())
})

const settleNotification = (key: string) => run("settle", (sql) => settlingNotification(sql, key))

const failure: AppNotification = {
  key: "set:c:1",
  type: "DOWNLOAD_FAILED",
  severity: "WARNING",
  title: "Failed to process a.zip",
  message: "the server \0 hung up",
  context: { fileName: "a.zip" },
}

/** As the app's bell reads them. */
const shown = rows(
  "test",
  Schema.Struct({ type: Schema.String, message: Schema.String, isRead: Schema.Boolean }),
  (sql) => sql`
    select "id", "type"::text, "severity"::text, "title", "message", "isRead", "createdAt" from "system_notifications"
    order by "createdAt" desc limit 20`,
)
const readAll = run("test", (sql) => sql`update "system_notifications" set "isRead" = true where "isRead" = false`)

describe("a set that was given up", () => {
  it("is told once by the app's bell, however often it is tried, but for one that is too large", () =>
    check(
      Effect.gen(function* () {
        const channel = { telegramId: -1001, title: "c", type: "SOURCE", isForum: false, isActive: true } as const
        const { id } = yield* upsertChannel(channel)
        const skip = (firstMessageId: number, reason: SkipReason) =>
          Effect.gen(function* () {
            const key = { sourceChannelId: id, firstMessageId }
            yield* run("test", (sql) => sql`delete from "skipped_packages"`)
            const set = { accountId: ana, setName: "a.zip", volumes: 1, bytes: 5, fileKey: null, leaseSeconds: 60 }
            const claimed = yield* claimSet({ ...key, ...set })
            return yield* skipSet({
              ...{ token: claimed.outcome === "claimed" ? claimed.token : 0, fileName: "a.zip", fileSize: 5, reason },
              ...{ errorMessage: "broken", sourceChannelId: id, sourceMessageId: firstMessageId, sourceTopicId: null },
              ...{ isMultipart: false, partCount: 1, accountId: ana },
            })
          })
        expect(yield* skip(1, "EXTRACT_FAILED")).toBe(true)
        expect(yield* skip(1, "EXTRACT_FAILED")).toBe(true)
        expect(yield* skip(2, "SIZE_LIMIT")).toBe(true)
        expect(yield* shown).toEqual([{ type: "DOWNLOAD_FAILED", message: "broken", isRead: false }])
        expect(yield* skip(3, "UPLOAD_FAILED")).toBe(true)
        expect((yield* shown).map(({ type }) => type).sort()).toEqual(["DOWNLOAD_FAILED", "UPLOAD_FAILED"])
      }),
    ))
})

describe("a notification of the app", () => {
  it("is shown once for what happens again, and anew when it is said otherwise", () =>
    check(
      Effect.gen(function* () {
        yield* Effect.all(
          Array.from({ length: 8 }, () => notifyApp(failure)),
          { concurrency: 8 },
        )
        const first = { type: "DOWNLOAD_FAILED", message: "the server \uFFFD hung up" }
        expect(yield* shown).toEqual([{ ...first, isRead: false }])
        yield* readAll
        yield* notifyApp(failure)
        expect(yield* shown).toEqual([{ ...first, isRead: true }])
        yield* notifyApp({ ...failure, message: "no space left" })
        expect(yield* shown).toEqual([{ type: "DOWNLOAD_FAILED", message: "no space left", isRead: false }])
        yield* notifyApp({ ...failure, key: "set:c:2" })
        expect(yield* shown).toHaveLength(2)
      }),
    ))

  it("that was dismissed comes again when it happens again, and one whose cause is gone is read", () =>
    check(
      Effect.gen(function* () {
        yield* notifyApp(failure)
        yield* run("test", (sql) => sql`delete from "system_notifications"`)
        yield* notifyApp(failure)
        expect(yield* shown).toHaveLength(1)
        yield* settleNotification("set:c:2")
        expect(yield* shown).toMatchObject([{ isRead: false }])
        yield* settleNotification("set:c:1")
        expect(yield* shown).toMatchObject([{ isRead: true }])
      }),
    ))

  it("leaves those of others alone", () =>
    check(
      Effect.gen(function* () {
        for (const id of ["a", "b"])
          yield* run(
            "test",
            (sql) => sql`
              insert into "system_notifications" ("id", "type", "title", "message", "context")
              values (${id}, 'MISSING_PART', 't', 'm', '{"packageId": "p"}')`,
          )
        yield* notifyApp(failure)
        yield* settleNotification("set:c:1")
        expect((yield* shown).filter(({ isRead }) => !isRead)).toHaveLength(2)
      }),
    ))
})
