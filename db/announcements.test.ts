import { Effect, Fiber, Option, Stream } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { announceLate, notingNewPackage } from "./announcements.ts"
import { upsertChannel } from "./channels.ts"
import { Database } from "./database.ts"
import { createPackageStub, updatePackageWithMetadata } from "./packages.ts"
import { run } from "./statement.ts"

let source = ""
let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ check } = await twoAccounts())
  const channel = { telegramId: -1001, title: "c", type: "SOURCE", isForum: false, isActive: true } as const
  source = (await check(upsertChannel(channel))).id
})

const noteNewPackage = (packageId: string) => run("note", (sql) => notingNewPackage(sql, packageId))

const stub = (fileName: string) =>
  createPackageStub({
    contentHash: "cd".repeat(32),
    fileName,
    fileSize: 5,
    archiveType: "ZIP",
    sourceChannelId: source,
    sourceMessageId: 1,
    sourceTopicId: null,
    sourceCaption: null,
    destChannelId: source,
    destMessageIds: [500],
    ingestionRunId: null,
  }).pipe(Effect.map(Option.getOrThrow))

const describePackage = (packageId: string) =>
  updatePackageWithMetadata(packageId, {
    fileCount: 0,
    files: [],
    previewData: null,
    previewMessageId: null,
    creator: "Mini \0 Studio",
    tags: ["Minis", "x".repeat(10_000)],
  })

/** What the bot hears while this is done; `the end` is told by the test. */
const heardDuring = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const events = yield* Effect.forkChild(
      (yield* Database).listen(["new_package"]).pipe(
        Stream.tap((event) =>
          event._tag === "Listening"
            ? Effect.andThen(
                work,
                run("test", (sql) => sql`select pg_notify('new_package', '"the end"')`),
              )
            : Effect.void,
        ),
        Stream.flatMap((event) =>
          Stream.fromIterable(event._tag === "Notification" ? [JSON.parse(event.payload)] : []),
        ),
        Stream.takeUntil((payload) => payload === "the end"),
        Stream.runCollect,
      ),
    )
    return (yield* Fiber.join(events)).slice(0, -1)
  })

describe("a new package", () => {
  it("is told to the bot once, when its metadata is there", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* stub("Dragon.zip")
        expect(yield* heardDuring(Effect.andThen(noteNewPackage(id), announceLate(300)))).toEqual([])
        expect(yield* heardDuring(describePackage(id))).toEqual([
          { packageId: id, fileName: "Dragon.zip", creator: "Mini \uFFFD Studio", tags: ["Minis", "x".repeat(64)] },
        ])
        expect(yield* heardDuring(Effect.andThen(describePackage(id), announceLate(0)))).toEqual([])
      }),
    ))

  it("is told as it is when its metadata does not come, however long its name is", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* stub("\u{1F409}".repeat(2000))
        yield* noteNewPackage(id)
        const heard = yield* heardDuring(announceLate(0))
        expect(heard).toMatchObject([{ packageId: id, creator: null, tags: [] }])
        expect(heard[0].fileName).toBe("\u{1F409}".repeat(250))
        expect(yield* heardDuring(announceLate(0))).toEqual([])
      }),
    ))

  it("that was known before is not told", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* stub("Dragon.zip")
        expect(yield* heardDuring(describePackage(id))).toEqual([])
      }),
    ))
})
