import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { linkChannel, upsertChannel } from "./channels.ts"
import type { Database } from "./database.ts"
import { createPackageStub, updatePackageWithMetadata } from "./packages.ts"
import {
  endListing,
  noteRealHash,
  packagesToList,
  packageToList,
  putListingOff,
  unlistedPackages,
  wantRelisted,
} from "./relists.ts"
import { run } from "./statement.ts"

let check: <A, E>(work: Effect.Effect<A, E, Database>) => Promise<A>
let ana = ""
let ben = ""
let source = ""

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
  const channel = { telegramId: -1001, title: "source", type: "SOURCE", isForum: false, isActive: true } as const
  source = (await check(upsertChannel(channel))).id
  await check(linkChannel({ accountId: ana, channelId: source, role: "READER" }))
})

/** A package of message `number`, of which so many files are listed. */
const published = Effect.fn(function* (number: number, fileCount = 0) {
  const stub = yield* createPackageStub({
    contentHash: String(number).padStart(64, "0"),
    fileName: `Dragon ${number}.zip`,
    fileSize: 30,
    archiveType: "ZIP",
    sourceChannelId: source,
    sourceMessageId: number,
    sourceTopicId: null,
    sourceCaption: null,
    destChannelId: source,
    destMessageIds: [100 + number, 200 + number],
    ingestionRunId: null,
  })
  const { id } = yield* Effect.fromOption(stub)
  const metadata = { files: [], previewData: null, previewMessageId: null, creator: null, tags: [] }
  if (fileCount > 0) yield* updatePackageWithMetadata(id, { ...metadata, fileCount })
  return id
})

const due = Effect.map(
  Effect.suspend(() => packagesToList(ana, 10)),
  (packages) => packages.map(({ id }) => id),
)

describe("packages that are to be listed", () => {
  it("are those that were never listed, with all that is needed to find their bytes", () =>
    check(
      Effect.gen(function* () {
        const stub = yield* published(1)
        yield* published(2, 5)
        expect(yield* packagesToList(ana, 10)).toMatchObject([
          {
            id: stub,
            fileName: "Dragon 1.zip",
            attempts: 0,
            source: { chatId: -1001, isRead: true, firstMessageId: 1, messageIds: [1], fileKey: null },
            destChatId: -1001,
            destMessageIds: [101, 201],
          },
        ])
        expect(yield* packagesToList(ben, 10)).toMatchObject([{ id: stub, source: { isRead: false } }])
        expect(yield* unlistedPackages()).toMatchObject([{ id: stub }])
      }),
    ))

  it("are not those whose messages are gone", () =>
    check(
      Effect.gen(function* () {
        const stub = yield* published(1)
        yield* run("gone", (sql) => sql`update "packages" set "destMessageId" = null where "id" = ${stub}`)
        expect(yield* due).toEqual([])
        expect(yield* wantRelisted([stub])).toBe(0)
      }),
    ))

  it("are those first that somebody wants listed again", () =>
    check(
      Effect.gen(function* () {
        const stub = yield* published(1)
        const listed = yield* published(2, 5)
        expect(yield* wantRelisted([listed])).toBe(1)
        expect(yield* due).toEqual([listed, stub])
        yield* endListing(listed)
        expect(yield* due).toEqual([stub])
      }),
    ))

  it("come again later when they could not be listed, and at once when somebody wants them", () =>
    check(
      Effect.gen(function* () {
        const stub = yield* published(1)
        yield* putListingOff({ packageId: stub, problem: "gone \0", retryAfterSeconds: 60 })
        expect(yield* due).toEqual([])
        expect(yield* packageToList(ana, stub)).toMatchObject({ _tag: "None" })
        yield* putListingOff({ packageId: stub, problem: "gone", retryAfterSeconds: 0 })
        expect(yield* packageToList(ana, stub)).toMatchObject({ value: { attempts: 2 } })
        yield* putListingOff({ packageId: stub, problem: "gone", retryAfterSeconds: 60 })
        yield* wantRelisted([stub])
        expect(yield* packageToList(ana, stub)).toMatchObject({ value: { attempts: 0 } })
      }),
    ))

  it("get their real hash if an earlier worker had invented one, unless another package has it", () =>
    check(
      Effect.gen(function* () {
        const [one, other] = [yield* published(1), yield* published(2)]
        const real = "ab".repeat(32)
        expect(yield* noteRealHash(one, real)).toBe(false)
        yield* run("rebuilt", (sql) => sql`update "packages" set "contentHash" = 'rebuild:library:' || "id"`)
        expect(yield* noteRealHash(one, real)).toBe(true)
        expect(yield* noteRealHash(other, real)).toBe(false)
        expect((yield* packagesToList(ana, 10)).map(({ contentHash }) => contentHash)).toEqual([
          real,
          `rebuild:library:${other}`,
        ])
      }),
    ))
})
