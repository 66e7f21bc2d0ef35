import { Effect, Fiber, Option, Schema, Stream } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { announceLate } from "./announcements.ts"
import { upsertChannel } from "./channels.ts"
import { claimedSets, claimSet } from "./claims.ts"
import { Database } from "./database.ts"
import {
  confirmPart,
  finishPublication,
  type NewPublication,
  openPublication,
  openPublications,
  publicationByHash,
  takeOverPublication,
} from "./journal.ts"
import { packageByHash } from "./packages.ts"
import { recordSkipped, skippedPackages } from "./skipped.ts"
import { rows } from "./statement.ts"

let ana = ""
let ben = ""
let source = ""
let library = ""

let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
  await check(
    Effect.gen(function* () {
      const channel = { isForum: false, isActive: true }
      source = (yield* upsertChannel({ ...channel, telegramId: -1001, title: "source", type: "SOURCE" })).id
      library = (yield* upsertChannel({ ...channel, telegramId: -1002, title: "library", type: "DESTINATION" })).id
    }),
  )
})

const contentHash = "ab".repeat(32)
const firstMessageId = 7 << 20

const planned = (token: number, changes: Partial<NewPublication> = {}): NewPublication => ({
  contentHash,
  accountId: ana,
  token,
  sourceChannelId: source,
  firstMessageId,
  destChannelId: library,
  destChatId: -1002,
  afterMessageId: 100,
  tag: "tag",
  directory: "/tmp/set",
  stub: {
    fileName: "dragon.zip",
    fileSize: 30,
    archiveType: "ZIP",
    sourceTopicId: null,
    sourceCaption: "a dragon",
    replyToMessageId: 6 << 20,
    post: { date: 1_700_000_000, senderId: "chat:-1001", albumId: "77" },
    ingestionRunId: null,
  },
  parts: [1, 2, 3].map((part) => ({ part, name: `p${part}`, path: `/tmp/p${part}`, bytes: 10, sha256: null })),
  ...changes,
})

const claimToken = (accountId: string) =>
  Effect.map(
    claimSet({
      sourceChannelId: source,
      firstMessageId,
      accountId,
      setName: "dragon.zip",
      volumes: 1,
      bytes: 30,
      fileKey: null,
      leaseSeconds: 0,
    }),
    (outcome) => {
      if (outcome.outcome !== "claimed") throw new Error(`expected a claim, got ${outcome.outcome}`)
      return outcome.token
    },
  )

const confirm = (token: number, part: number, destMessageId = 1000 + part) =>
  confirmPart({ contentHash, token, part, destMessageId })

const packageRows = rows(
  "packages",
  Schema.Record(Schema.String, Schema.Unknown),
  (sql) => sql`
    select "fileName", "destMessageId", to_jsonb("destMessageIds") as ids, "isMultipart", "partCount", "fileCount",
           "sourceMessageId", "sourceCaption", "replyToMessageId", (
             select jsonb_build_object('album', o."albumId", 'sender', o."senderId", 'date', extract(epoch from o."postedAt"))
             from stash_package_posts o where o."packageId" = p."id"
           ) as post
    from "packages" p`,
)

describe("a publication that an older worker wrote", () => {
  it("is finished though it says nothing of its post", () =>
    check(
      Effect.gen(function* () {
        const token = yield* claimToken(ana)
        const { post: _post, replyToMessageId: _reply, ...stub } = planned(token).stub
        yield* openPublication(planned(token, { stub }))
        yield* Effect.forEach([1, 2, 3], (part) => confirm(token, part))
        yield* finishPublication({ contentHash, token })
        expect(yield* packageRows).toMatchObject([{ replyToMessageId: null, post: null }])
      }),
    ))
})

describe("openPublication", () => {
  it("keeps what was confirmed when a newer token opens it again, and the destination it was sent to", () =>
    check(
      Effect.gen(function* () {
        expect(yield* openPublication(planned(1))).toMatchObject({ isNew: true })
        yield* confirm(1, 2)
        const again = yield* openPublication(planned(2, { accountId: ben, destChatId: -9, afterMessageId: 999 }))
        expect(again).toMatchObject({ isNew: false, accountId: ben, token: 2, destChatId: -1002, afterMessageId: 100 })
        expect(again.parts.map(({ destMessageId }) => destMessageId)).toEqual([null, 1002, null])
      }),
    ))

  it("does not take a confirmed part of another plan for one of this plan", () =>
    check(
      Effect.gen(function* () {
        yield* openPublication(planned(1))
        yield* confirm(1, 1)
        const parts = [{ part: 1, name: "whole", path: "/tmp/whole", bytes: 10, sha256: null }]
        const again = yield* openPublication(planned(2, { parts }))
        expect(again.parts).toMatchObject([{ part: 1, name: "whole", destMessageId: null }])
      }),
    ))

  it("is refused to an older token", () =>
    check(
      Effect.gen(function* () {
        yield* openPublication(planned(5))
        expect(yield* Effect.flip(openPublication(planned(4)))).toMatchObject({ reason: "conflict" })
      }),
    ))

  it("is refused when the content was published after the caller had looked: its lock was lost meanwhile", () =>
    check(
      Effect.gen(function* () {
        yield* openPublication(planned(1))
        yield* Effect.forEach([1, 2, 3], (part) => confirm(1, part))
        yield* finishPublication({ contentHash, token: 1 })
        expect(yield* Effect.flip(openPublication(planned(2)))).toMatchObject({ reason: "conflict" })
        expect(yield* publicationByHash(contentHash)).toEqual(Option.none())
      }),
    ))
})

describe("confirmPart", () => {
  it("is final: repeating it is fine, another id is not, and a fenced writer writes nothing", () =>
    check(
      Effect.gen(function* () {
        yield* openPublication(planned(1))
        expect(yield* confirm(1, 1)).toBe(true)
        expect(yield* confirm(1, 1)).toBe(true)
        expect(yield* confirm(1, 1, 5555)).toBe(false)
        yield* takeOverPublication({ contentHash, accountId: ben, token: 2 })
        expect(yield* confirm(1, 2)).toBe(false)
        expect(yield* confirm(2, 2)).toBe(true)
      }),
    ))
})

describe("takeOverPublication", () => {
  it("moves a publication to the account with the newer token, and never back", () =>
    check(
      Effect.gen(function* () {
        yield* openPublication(planned(3))
        expect(yield* takeOverPublication({ contentHash, accountId: ben, token: 2 })).toBe(false)
        expect(yield* takeOverPublication({ contentHash, accountId: ben, token: 4 })).toBe(true)
        expect(yield* openPublications(ana)).toEqual([])
        expect(yield* openPublications(ben)).toMatchObject([
          { contentHash, token: 4, stub: { fileName: "dragon.zip" } },
        ])
      }),
    ))
})

describe("finishPublication", () => {
  const open = Effect.gen(function* () {
    const token = yield* claimToken(ana)
    yield* openPublication(planned(token))
    return token
  })

  it("writes the package, settles the claim, removes the skip entry and the journal row, all at once", () =>
    check(
      Effect.gen(function* () {
        const token = yield* open
        yield* recordSkipped({
          fileName: "dragon.zip",
          fileSize: 30,
          reason: "UPLOAD_FAILED",
          errorMessage: "earlier",
          sourceChannelId: source,
          sourceMessageId: firstMessageId,
          sourceTopicId: null,
          isMultipart: false,
          partCount: 1,
          accountId: ana,
        })
        yield* Effect.forEach([3, 1, 2], (part) => confirm(token, part))
        const packageId = yield* finishPublication({ contentHash, token })
        expect(yield* packageByHash(contentHash)).toMatchObject(Option.some({ id: packageId, destMessageId: 1001 }))
        expect(yield* packageRows).toEqual([
          {
            fileName: "dragon.zip",
            destMessageId: "1001",
            ids: [1001, 1002, 1003],
            isMultipart: true,
            partCount: 3,
            fileCount: 0,
            sourceMessageId: String(firstMessageId),
            sourceCaption: "a dragon",
            replyToMessageId: String(6 << 20),
            post: { album: "77", sender: "chat:-1001", date: 1_700_000_000 },
          },
        ])
        expect(yield* skippedPackages()).toEqual([])
        expect(yield* publicationByHash(contentHash)).toEqual(Option.none())
        expect(yield* claimedSets()).toMatchObject([{ state: "published", contentHash }])
      }),
    ))

  it("has the bot told what it expects", () =>
    check(
      Effect.gen(function* () {
        const token = yield* open
        yield* Effect.forEach([1, 2, 3], (part) => confirm(token, part))
        const listening = (yield* Database).listen(["new_package"])
        const events = yield* Effect.forkChild(
          listening.pipe(
            Stream.tap((event) =>
              event._tag === "Listening"
                ? Effect.andThen(finishPublication({ contentHash, token }), announceLate(0))
                : Effect.void,
            ),
            Stream.take(2),
            Stream.runCollect,
          ),
        )
        const [, notification] = yield* Fiber.join(events)
        const payload = notification?._tag === "Notification" ? JSON.parse(notification.payload) : undefined
        expect(payload).toEqual({ packageId: expect.any(String), fileName: "dragon.zip", creator: null, tags: [] })
      }),
    ))

  it("does nothing while a part is not confirmed", () =>
    check(
      Effect.gen(function* () {
        const token = yield* open
        yield* confirm(token, 1)
        expect(yield* Effect.flip(finishPublication({ contentHash, token }))).toMatchObject({ reason: "conflict" })
        expect(yield* packageRows).toEqual([])
        expect(yield* openPublications(ana)).toHaveLength(1)
      }),
    ))

  it("does nothing for a writer that has been fenced, and one of two that finish at once wins", () =>
    check(
      Effect.gen(function* () {
        const token = yield* open
        yield* Effect.forEach([1, 2, 3], (part) => confirm(token, part))
        expect(yield* Effect.flip(finishPublication({ contentHash, token: token - 1 }))).toMatchObject({
          reason: "conflict",
        })
        const both = yield* Effect.all(
          [1, 2].map(() => Effect.exit(finishPublication({ contentHash, token }))),
          { concurrency: 2 },
        )
        expect(both.map(({ _tag }) => _tag).sort()).toEqual(["Failure", "Success"])
        expect(yield* packageRows).toHaveLength(1)
      }),
    ))
})
