import { Effect, Option } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { rescan } from "./channel-changes.ts"
import { linkChannel, setMarkBack, setMarksBack, sourcesOf, upsertChannel } from "./channels.ts"
import { claimedSets } from "./claims.ts"
import { Database } from "./database.ts"
import { type FoundSet, formerRarContents, setStandingOf } from "./former-work.ts"
import { contentOfFiles } from "./places.ts"
import { beginScan, noteTopics } from "./source-states.ts"
import { run } from "./statement.ts"

const SERVER_ID = 2 ** 20
const hash = "ab".repeat(32)
const chatId = -1001000000001

describe("what the former worker did", () => {
  let url: string
  let found: FoundSet
  let accountId: string
  const check = <A, E>(work: Effect.Effect<A, E, Database>): Promise<A> =>
    Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 2, applicationName: "test" })))

  /** A package as the former worker left it, made from the set that is found. */
  const publishedBefore = (fileCount: number, { messageId = found.firstMessageId, fileName = "Dragon.zip" } = {}) =>
    run(
      "publishedBefore",
      (sql) => sql`
        insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
                                "destChannelId", "destMessageId", "fileCount")
        values ('package', ${hash}, ${fileName}, ${found.bytes}, 'ZIP', ${found.sourceChannelId}, ${messageId},
                ${found.sourceChannelId}, 5, ${fileCount})`,
    )
  const topicWasSeen = (upTo: number) =>
    run(
      "topicWasSeen",
      (sql) => sql`
        insert into "topic_progress" ("id", "accountChannelMapId", "topicId", "lastProcessedMessageId")
        values ('topic', ${found.mapId}, ${found.topicId}, ${upTo})`,
    )

  beforeEach(async () => {
    url = await freshDatabase()
    found = await check(
      Effect.gen(function* () {
        accountId = (yield* addAccount({ phone: "+10000000001", displayName: "Ana" })).id
        const forum = { telegramId: chatId, title: "Forum", type: "SOURCE" as const, isForum: true, isActive: true }
        const { id: channelId } = yield* upsertChannel(forum)
        yield* linkChannel({ accountId, channelId, role: "READER" })
        const [source] = yield* sourcesOf(accountId)
        return {
          sourceChannelId: channelId,
          firstMessageId: 100 * SERVER_ID,
          accountId,
          mapId: source?.mapId ?? "",
          lastMessageId: 102 * SERVER_ID,
          messageIds: [100 * SERVER_ID, 102 * SERVER_ID],
          topicId: 7 * SERVER_ID,
          setName: "Dragon.zip",
          volumes: 1,
          bytes: 1000,
          fileKey: "a key",
        }
      }),
    )
  })

  it("is known by the message it was made from, and from then on by its files, wherever they are posted", () =>
    check(
      Effect.gen(function* () {
        expect(yield* setStandingOf(found)).toBe("open")
        yield* publishedBefore(3)
        expect(yield* setStandingOf(found)).toBe("former_work")
        expect(yield* claimedSets()).toMatchObject([{ state: "published", contentHash: hash }])
        expect(yield* contentOfFiles("a key")).toMatchObject(Option.some({ contentHash: hash }))
        // The claim knows better from now on.
        expect(yield* setStandingOf(found)).toBe("taken")
      }),
    ))

  it("is not known when the set has another size: volumes came later", () =>
    check(
      Effect.gen(function* () {
        yield* publishedBefore(3)
        expect(yield* setStandingOf({ ...found, bytes: 2000, volumes: 2 })).toBe("open")
        expect(yield* claimedSets()).toEqual([])
      }),
    ))

  it("is known by the volume with the lowest number, which may not be the one that was posted first", () =>
    check(
      Effect.gen(function* () {
        yield* publishedBefore(3, { messageId: 102 * SERVER_ID, fileName: "Dragon.r00" })
        expect(yield* setStandingOf(found)).toBe("former_work")
        expect(yield* claimedSets()).toMatchObject([{ firstMessageId: found.firstMessageId, contentHash: hash }])
      }),
    ))

  it("of an old RAR set is known by its size and its name", () =>
    check(
      Effect.gen(function* () {
        yield* publishedBefore(3)
        expect(yield* formerRarContents(found.bytes)).toEqual([])
        yield* run("renamed", (sql) => sql`update "packages" set "fileName" = 'Dragon.R00'`)
        expect(yield* formerRarContents(found.bytes)).toEqual([hash])
        expect(yield* formerRarContents(found.bytes + 1)).toEqual([])
      }),
    ))

  it("goes on as a set that lacks its metadata when it has no list of files", () =>
    check(
      Effect.gen(function* () {
        yield* publishedBefore(0)
        expect(yield* setStandingOf(found)).toBe("taken")
        expect(yield* claimedSets()).toMatchObject([{ state: "published", contentHash: hash }])
      }),
    ))

  it("reaches in a forum as far as the marks of its topics, which are taken once", () =>
    check(
      Effect.gen(function* () {
        yield* topicWasSeen(102 * SERVER_ID)
        yield* beginScan(found.mapId)
        expect(yield* setStandingOf(found)).toBe("former_work")
        expect(yield* setStandingOf({ ...found, lastMessageId: 103 * SERVER_ID })).toBe("open")
        expect(yield* setStandingOf({ ...found, topicId: null })).toBe("open")
        expect(yield* setStandingOf({ ...found, topicId: 8 * SERVER_ID })).toBe("open")
        // This worker's own notes say nothing of the former one.
        yield* noteTopics(found.mapId, [{ topicId: 8 * SERVER_ID, name: null, messageId: 500 * SERVER_ID }])
        yield* beginScan(found.mapId)
        expect(yield* setStandingOf({ ...found, topicId: 8 * SERVER_ID })).toBe("open")
      }),
    ))

  const settingBack: ReadonlyArray<readonly [string, () => Effect.Effect<unknown, unknown, Database>]> = [
    ["of an account", () => setMarkBack({ accountId, chatId, messageId: 100 * SERVER_ID })],
    ["of all accounts", () => setMarksBack(found.sourceChannelId, 100 * SERVER_ID)],
    ["by a rescan", () => rescan(found.sourceChannelId, [accountId], null)],
    [
      "by the web app's rescan",
      () =>
        run(
          "appRescans",
          (sql) => sql`
            update "account_channel_map" set "lastProcessedMessageId" = null where "channelId" = ${found.sourceChannelId}`,
        ),
    ],
  ]
  it.each(settingBack)("is looked at again when the mark is set back %s", (_, setBack) =>
    check(
      Effect.gen(function* () {
        yield* topicWasSeen(102 * SERVER_ID)
        yield* beginScan(found.mapId)
        yield* setBack()
        expect(yield* setStandingOf(found)).toBe("open")
      }),
    ),
  )
})
