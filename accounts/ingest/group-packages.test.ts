import { Effect, Layer, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { linkChannel, upsertChannel } from "../../db/channels.ts"
import { Database } from "../../db/database.ts"
import { notePackagePost } from "../../db/package-posts.ts"
import { createPackageStub, updatePackageWithMetadata } from "../../db/packages.ts"
import { one, rows, run } from "../../db/statement.ts"
import { cellConfigIn } from "../../test/cell-config.ts"
import { twoAccounts } from "../../test/two-accounts.ts"
import { AccountConfig } from "../account-config.ts"
import { groupPackages } from "./group-packages.ts"

const noon = 1_700_000_000

const publish = Effect.fn(function* (
  sourceChannelId: string,
  number: number,
  fileName: string,
  albumId: string | null,
) {
  const stub = yield* createPackageStub({
    contentHash: String(number).padStart(64, "0"),
    fileName,
    fileSize: 1,
    archiveType: "ZIP",
    sourceChannelId,
    sourceMessageId: number,
    sourceTopicId: null,
    sourceCaption: null,
    destChannelId: sourceChannelId,
    destMessageIds: [number],
    ingestionRunId: null,
  })
  const { id } = yield* Effect.fromOption(stub)
  yield* notePackagePost(id, sourceChannelId, { date: noon + number * 3600, senderId: null, albumId })
  const metadata = { files: [], previewData: null, previewMessageId: null, creator: null, tags: [] }
  yield* updatePackageWithMetadata(id, { ...metadata, fileCount: 1 })
})

const groups = rows(
  "groups",
  Schema.Record(Schema.String, Schema.Unknown),
  (sql) => sql`
    select g."name", g."groupingSource"::text as "source", to_jsonb(array_agg(p."fileName" order by p."fileName")) as "members"
    from "package_groups" g join "packages" p on p."packageGroupId" = g."id" group by g."id" order by "source"`,
)

const conflicts = one(
  "conflicts",
  Schema.Struct({ count: Schema.Int }),
  (sql) => sql`select count(*)::int as "count" from "system_notifications" where "type" = 'GROUPING_CONFLICT'`,
)

describe("the packages of an account's sources", () => {
  it("are grouped as they come, by two accounts at once too; a rule that lost is told of once", async () => {
    const { ana, ben, url } = await twoAccounts()
    const configOf = (accountId: string) =>
      Layer.succeed(AccountConfig, cellConfigIn("/nowhere", { accountId, phone: "1", databaseUrl: url }))
    const group = (accountId: string) => Effect.provide(groupPackages(), configOf(accountId))
    const bothGroup = Effect.all([group(ana), group(ben)], { concurrency: 2 })
    await Effect.runPromise(
      Effect.gen(function* () {
        const channel = { telegramId: -1001, title: "source", type: "SOURCE", isForum: false, isActive: true } as const
        const source = (yield* upsertChannel(channel)).id
        for (const accountId of [ana, ben]) yield* linkChannel({ accountId, channelId: source, role: "READER" })
        yield* run(
          "rule",
          (sql) => sql`
            insert into "grouping_rules" ("id", "sourceChannelId", "pattern", "signalType", "createdByGroupId")
            values ('r1', ${source}, 'Dragon', 'MANUAL', 'by hand')`,
        )
        yield* publish(source, 1, "Dragon.zip", "7")
        yield* publish(source, 2, "Knight.zip", "7")
        yield* publish(source, 30, "Dragon wings.zip", null)
        yield* bothGroup
        const album = { name: "Dragon", source: "ALBUM", members: ["Dragon.zip", "Knight.zip"] }
        expect(yield* groups).toEqual([album])
        expect(yield* conflicts).toEqual({ count: 1 })

        yield* publish(source, 60, "Dragon tail.zip", null)
        yield* bothGroup
        yield* publish(source, 90, "Dragon claws.zip", null)
        yield* bothGroup
        yield* bothGroup
        const byRule = ["Dragon claws.zip", "Dragon tail.zip", "Dragon wings.zip"]
        expect(yield* groups).toEqual([album, { name: "Dragon", source: "MANUAL", members: byRule }])
        expect(yield* conflicts).toEqual({ count: 1 })
      }).pipe(Effect.provide(Database.layer({ url, max: 4, applicationName: "test" }))),
    )
  })
})
