import { Effect, Schema } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { linkChannel, upsertChannel } from "./channels.ts"
import type { Database, DatabaseError } from "./database.ts"
import {
  channelsToGroup,
  considerNewPosts,
  fillGroup,
  type GroupToFill,
  groupsOfMessages,
  joinableGroups,
  tellGroupingConflict,
  ungroupedPackages,
} from "./package-groups.ts"
import { type FoundPost, noteFoundPost, notePackagePost, noteRootFolder } from "./package-posts.ts"
import { createPackageStub, updatePackageWithMetadata } from "./packages.ts"
import { rows, run } from "./statement.ts"

let check: <A, E>(work: Effect.Effect<A, E, Database>) => Promise<A>
let ana = ""
let source = ""

beforeEach(async () => {
  ;({ ana, check } = await twoAccounts())
  const channel = { telegramId: -1001, title: "source", type: "SOURCE", isForum: false, isActive: true } as const
  source = (await check(upsertChannel(channel))).id
  await check(linkChannel({ accountId: ana, channelId: source, role: "READER" }))
})

const noon = 1_700_000_000
const everything = { from: 0, to: 2 * noon, messageIds: [] }

/** A package of message `number` whose files are listed. */
const published = Effect.fn(function* (number: number, albumId: string | null = null) {
  const stub = yield* createPackageStub({
    contentHash: String(number).padStart(64, "0"),
    fileName: `Dragon ${number}.zip`,
    fileSize: 1,
    archiveType: "ZIP",
    sourceChannelId: source,
    sourceMessageId: number,
    sourceTopicId: null,
    sourceCaption: null,
    replyToMessageId: number > 1 ? 1 : null,
    destChannelId: source,
    destMessageIds: [number],
    ingestionRunId: null,
  })
  const { id } = yield* Effect.fromOption(stub)
  yield* notePackagePost(id, source, { date: noon + number, senderId: "a", albumId })
  yield* noteRootFolder(id, "Dragon")
  yield* updatePackageWithMetadata(id, {
    fileCount: 1,
    files: [],
    previewData: new Uint8Array([number]),
    previewMessageId: null,
    creator: null,
    tags: [],
  })
  return id
})

const group = (packageIds: ReadonlyArray<string>, changes: Partial<GroupToFill> = {}): GroupToFill => ({
  groupId: null,
  signal: "reply",
  key: "1",
  name: "Dragons",
  packageIds,
  firstAt: noon,
  lastAt: noon + 9,
  ...changes,
})

const groupRows = (): Effect.Effect<ReadonlyArray<Record<string, unknown>>, DatabaseError, Database> =>
  rows(
    "groups",
    Schema.Record(Schema.String, Schema.Unknown),
    (sql) => sql`
      select g."name", g."groupingSource"::text as "source", g."mediaAlbumId" as "album", g."previewData" is not null as "hasPreview",
             (select count(*)::int from "packages" p where p."packageGroupId" = g."id") as "members"
      from "package_groups" g order by g."name"`,
  )

describe("grouping", () => {
  it("looks at what is new once, with all that is known of its post", () =>
    check(
      Effect.gen(function* () {
        const packageId = yield* published(2, "77")
        expect(yield* channelsToGroup(ana)).toEqual([{ channelId: source, title: "source" }])
        expect(yield* considerNewPosts(source)).toEqual([{ postedAt: noon + 2, replyToMessageId: 1 }])
        expect(yield* channelsToGroup(ana)).toEqual([])
        expect(yield* considerNewPosts(source)).toEqual([])
        expect(yield* ungroupedPackages(source, everything)).toEqual([
          {
            packageId,
            messageId: 2,
            fileName: "Dragon 2.zip",
            creator: null,
            caption: null,
            replyToMessageId: 1,
            albumId: "77",
            senderId: "a",
            topicId: null,
            rootFolder: "Dragon",
            postedAt: noon + 2,
          },
        ])
      }),
    ))

  it("makes a group as the app expects one, and adds to it", () =>
    check(
      Effect.gen(function* () {
        const ids = [yield* published(1), yield* published(2)]
        const groupId = yield* fillGroup(source, group(ids))
        expect(yield* groupRows()).toEqual([
          { name: "Dragons", source: "AUTO_REPLY", album: null, hasPreview: true, members: 2 },
        ])
        const third = yield* published(3)
        expect(yield* groupsOfMessages(source, [1])).toEqual([{ messageId: 1, groupId }])
        const known = yield* joinableGroups(source, { ...everything, from: noon, to: noon + 1, albumIds: [] })
        expect(known).toEqual([{ groupId, signal: "reply", key: "1", firstAt: noon, lastAt: noon + 9, members: 2 }])
        yield* fillGroup(source, group([third], { groupId, firstAt: noon + 50, lastAt: noon + 50 }))
        expect(yield* groupRows()).toMatchObject([{ members: 3 }])
        expect(yield* ungroupedPackages(source, everything)).toEqual([])
      }),
    ))

  it("has one group of an album, though an earlier worker made it", () =>
    check(
      Effect.gen(function* () {
        const old = yield* published(1, "77")
        yield* run(
          "old group",
          (sql) => sql`
            insert into "package_groups" ("id", "name", "mediaAlbumId", "sourceChannelId", "groupingSource", "updatedAt")
            values ('old', 'Old', '77', ${source}, 'ALBUM', now())`,
        )
        const known = yield* joinableGroups(source, { ...everything, albumIds: ["77"] })
        expect(known).toMatchObject([{ groupId: "old", signal: "album", key: "77" }])
        expect(yield* fillGroup(source, group([old], { signal: "album", key: "77" }))).toBe("old")
        expect(yield* groupRows()).toEqual([
          { name: "Old", source: "ALBUM", album: "77", hasPreview: false, members: 1 },
        ])
      }),
    ))

  it("leaves alone what a person has grouped, taken out, or dissolved", () =>
    check(
      Effect.gen(function* () {
        const ids = [yield* published(1), yield* published(2), yield* published(3)]
        yield* run(
          "by hand",
          (sql) => sql`
            insert into "package_groups" ("id", "name", "sourceChannelId", "updatedAt") values ('hand', 'Mine', ${source}, now())`,
        )
        yield* run("join", (sql) => sql`update "packages" set "packageGroupId" = 'hand' where "id" = ${ids[2] ?? ""}`)
        expect(yield* ungroupedPackages(source, everything)).toHaveLength(2)
        const groupId = yield* fillGroup(source, group(ids))
        expect(yield* groupRows()).toMatchObject([
          { name: "Dragons", members: 2 },
          { name: "Mine", members: 1 },
        ])
        yield* run("dissolve", (sql) => sql`delete from "package_groups" where "id" = ${groupId}`)
        expect(yield* ungroupedPackages(source, everything)).toEqual([])
        expect(yield* joinableGroups(source, { ...everything, albumIds: [] })).toEqual([])
      }),
    ))

  it("tells the app of a conflict once", () =>
    check(
      Effect.gen(function* () {
        const packageId = yield* published(1)
        const groupId = yield* fillGroup(source, group([packageId]))
        const conflict = {
          packageId,
          fileName: 'Dragon "1".zip',
          signal: "album",
          ruleId: "r1",
          pattern: 'dra"%s"gon',
        } as const
        yield* tellGroupingConflict(conflict)
        yield* tellGroupingConflict(conflict)
        const told = yield* rows(
          "notifications",
          Schema.Record(Schema.String, Schema.Unknown),
          (sql) =>
            sql`select "type"::text, "severity"::text, "title", "message", "context" from "system_notifications"`,
        )
        expect(told).toEqual([
          {
            type: "GROUPING_CONFLICT",
            severity: "INFO",
            title: 'Potential grouping conflict: Dragon "1".zip',
            message:
              'Grouped by AUTO_REPLY into "Dragons", but also matches rule "dra"%s"gon" from a different manual group',
            context: {
              packageId,
              fileName: "Dragon 1.zip",
              currentGroupId: groupId,
              matchedRuleId: "r1",
              matchedPattern: 'dra"%s"gon',
            },
          },
        ])
      }),
    ))

  const foundPost = (packageId: string, number: number): FoundPost => ({
    ...{ packageId, sourceChannelId: source, messageIds: [number - 1, number] },
    ...{ sourceTopicId: 7, sourceCaption: "found again", replyToMessageId: 5 },
    post: { date: noon + number, senderId: "a", albumId: null },
  })
  const said = Schema.Struct({ caption: Schema.NullOr(Schema.String), reply: Schema.NullOr(Schema.String) })
  const words = rows(
    "words",
    said,
    (sql) =>
      sql`select "sourceCaption" as "caption", "replyToMessageId"::text as "reply" from "packages" order by "sourceMessageId"`,
  )

  it("takes in a package of an earlier worker once its post is found, and what was said of it stays", () =>
    check(
      Effect.gen(function* () {
        const first = yield* published(1)
        const second = yield* published(2)
        yield* run("of earlier times", (sql) => sql`delete from stash_package_posts`)
        expect(yield* considerNewPosts(source)).toEqual([])
        yield* noteFoundPost(foundPost(first, 1))
        // These are not the messages that it was made from.
        yield* noteFoundPost(foundPost(second, 1))
        expect(yield* considerNewPosts(source)).toEqual([{ postedAt: noon + 1, replyToMessageId: 5 }])
        expect((yield* ungroupedPackages(source, everything)).map(({ packageId }) => packageId)).toEqual([first])
        expect(yield* words).toEqual([
          { caption: "found again", reply: "5" },
          { caption: null, reply: "1" },
        ])
      }),
    ))

  it("never takes a package of an earlier worker out of the group in which it was, nor in again when somebody took it out", () =>
    check(
      Effect.gen(function* () {
        const first = yield* published(1)
        yield* run("of earlier times", (sql) => sql`delete from stash_package_posts`)
        yield* run(
          "grouped by hand",
          (sql) => sql`
            with made as (
              insert into "package_groups" ("id", "name", "sourceChannelId", "groupingSource", "updatedAt")
              values ('by hand', 'Mine', ${source}, 'MANUAL', now()) returning "id"
            )
            update "packages" set "packageGroupId" = made."id" from made`,
        )
        yield* noteFoundPost(foundPost(first, 1))
        expect(yield* ungroupedPackages(source, everything)).toEqual([])
        yield* run("dissolved", (sql) => sql`update "packages" set "packageGroupId" = null`)
        expect(yield* ungroupedPackages(source, everything)).toEqual([])
      }),
    ))
})
