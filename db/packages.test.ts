import { Effect, Option, Schema } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { upsertChannel } from "./channels.ts"
import { Database } from "./database.ts"
import { libraryTotals } from "./library-totals.ts"
import {
  createPackageStub,
  type PackageMetadata,
  packageByHash,
  publishedByHash,
  stubsWithoutMetadata,
  updatePackageWithMetadata,
} from "./packages.ts"
import { one, rows, run } from "./statement.ts"

let url = ""
let source = ""

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

beforeEach(async () => {
  url = await freshDatabase()
  source = (
    await check(upsertChannel({ telegramId: -1001, title: "c", type: "SOURCE", isForum: false, isActive: true }))
  ).id
})

const contentHash = "cd".repeat(32)

const create = (destMessageIds: ReadonlyArray<number> = [500]) =>
  createPackageStub({
    contentHash,
    fileName: "pack \0 name.zip",
    fileSize: 106_000_000_000,
    archiveType: "ZIP",
    sourceChannelId: source,
    sourceMessageId: 9 << 20,
    sourceTopicId: null,
    sourceCaption: null,
    destChannelId: source,
    destMessageIds,
    ingestionRunId: "a run that is gone",
  })

const created = Effect.flatMap(Effect.suspend(create), (stub) => Effect.map(Effect.fromOption(stub), ({ id }) => id))

const metadata = (changes: Partial<PackageMetadata> = {}): PackageMetadata => ({
  fileCount: 2,
  files: [
    {
      path: "a/b.stl",
      fileName: "b.stl",
      extension: "stl",
      compressedBytes: null,
      uncompressedBytes: 5,
      crc32: "00FF00FF",
    },
    { path: "\ud800 bad \0", fileName: "bad", extension: null, compressedBytes: 1, uncompressedBytes: 2, crc32: null },
  ],
  previewData: new Uint8Array([1, 2, 3]),
  previewMessageId: 77,
  creator: "Dragon Smith",
  tags: ['Mini"s', "a,b\\c", "{x}"],
  ...changes,
})

const filePaths = rows(
  "paths",
  Schema.Struct({ path: Schema.String }),
  (sql) => sql`select "path" from "package_files" order by 1`,
)

const description = one(
  "description",
  Schema.Record(Schema.String, Schema.Unknown),
  (sql) => sql`
    select "creator", to_jsonb("tags") as tags, encode("previewData", 'hex') as preview, "previewMsgId"::int as message, "fileCount"
    from "packages"`,
)

describe("a package stub", () => {
  it("is found by its content and by its message, and is pending", () =>
    check(
      Effect.gen(function* () {
        const id = yield* created
        const summary = {
          id,
          contentHash,
          fileName: "pack \uFFFD name.zip",
          fileCount: 0,
          destMessageId: 500,
          destChannelId: source,
        }
        expect(yield* packageByHash(contentHash)).toEqual(Option.some(summary))
        expect(yield* publishedByHash(contentHash)).toEqual(Option.some(summary))
        expect(yield* stubsWithoutMetadata(10)).toMatchObject([{ id, contentHash }])
        expect(yield* libraryTotals()).toMatchObject({ packages: 1, packageBytes: 106_000_000_000 })
      }),
    ))

  it("whose messages are gone is not published any more", () =>
    check(
      Effect.gen(function* () {
        yield* created
        yield* run("lost", (sql) => sql`update "packages" set "destMessageId" = null`)
        expect(yield* publishedByHash(contentHash)).toEqual(Option.none())
        expect(yield* packageByHash(contentHash)).toMatchObject(Option.some({ destMessageId: null }))
      }),
    ))

  it("is made once per content, but fills in messages that were lost", () =>
    check(
      Effect.gen(function* () {
        const id = yield* created
        expect(yield* create([600])).toEqual(Option.none())
        yield* run("lost", (sql) => sql`update "packages" set "destMessageId" = null`)
        expect(yield* create([600, 601])).toEqual(Option.some({ id }))
        expect(yield* packageByHash(contentHash)).toMatchObject(Option.some({ id, destMessageId: 600 }))
      }),
    ))
})

describe("updatePackageWithMetadata", () => {
  it("writes the description and the files, whatever characters their names have", () =>
    check(
      Effect.gen(function* () {
        yield* updatePackageWithMetadata(yield* created, metadata())
        expect(yield* description).toEqual({
          creator: "Dragon Smith",
          tags: ['Mini"s', "a,b\\c", "{x}"],
          preview: "010203",
          message: 77,
          fileCount: 2,
        })
        expect((yield* filePaths).map(({ path }) => path).sort()).toEqual(["a/b.stl", "\uFFFD bad \uFFFD"].sort())
        expect(yield* stubsWithoutMetadata(10)).toEqual([])
      }),
    ))

  it("replaces the file list when repeated, and keeps what people have edited meanwhile", () =>
    check(
      Effect.gen(function* () {
        const id = yield* created
        yield* updatePackageWithMetadata(id, metadata())
        yield* run(
          "edit",
          (sql) => sql`update "packages" set "creator" = 'Edited', "tags" = '{mine}', "previewMsgId" = 0`,
        )
        yield* updatePackageWithMetadata(id, metadata({ files: metadata().files.slice(0, 1), fileCount: 1 }))
        expect(yield* filePaths).toEqual([{ path: "a/b.stl" }])
        expect(yield* description).toMatchObject({ creator: "Edited", tags: ["mine"], message: 0, fileCount: 1 })
      }),
    ))

  it("writes lists of many thousands of files", () =>
    check(
      Effect.gen(function* () {
        const files = Array.from({ length: 20_500 }, (_, index) => ({
          path: `folder/file-${index}.stl`,
          fileName: `file-${index}.stl`,
          extension: "stl",
          compressedBytes: index,
          uncompressedBytes: index,
          crc32: null,
        }))
        yield* updatePackageWithMetadata(yield* created, metadata({ files, fileCount: files.length }))
        expect(yield* filePaths).toHaveLength(20_500)
      }),
    ))
})
