import { open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { AccountConfig } from "../accounts/account-config.ts"
import { Drain } from "../accounts/ingest/drain.ts"
import { earlyLook } from "../accounts/ingest/early-look.ts"
import { ingestSet } from "../accounts/ingest/ingest-set.ts"
import { Places } from "../accounts/ingest/places.ts"
import { planSetFolder } from "../accounts/ingest/set-folder.ts"
import type { SetWork } from "../accounts/ingest/set-work.ts"
import { Supervisor } from "../accounts/supervisor-client.ts"
import { downloadRange } from "../accounts/telegram/download-range.ts"
import { searchMessages } from "../accounts/telegram/history.ts"
import { makeUploadLimit } from "../accounts/telegram/upload-limit.ts"
import { addAccount } from "../db/accounts.ts"
import { upsertChannel } from "../db/channels.ts"
import { claimedSets } from "../db/claims.ts"
import { Database } from "../db/database.ts"
import { LockSession } from "../db/lock-session.ts"
import { skippedPackages } from "../db/skipped.ts"
import { groupArchiveSets } from "../src/archive/archive-set.ts"
import { cellConfigIn } from "./cell-config.ts"
import { freshDatabase } from "./fresh-database.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"
const mebibyte = 1024 * 1024
/** A place that nobody counts. */
const inPlace = Effect.succeed({ arrived: () => {}, complete: () => {} })
const corpus = new URL("corpus/", import.meta.url).pathname

/** A start header that says how long the whole archive is. */
const sevenZipStart = (totalBytes: number): Buffer => {
  const start = Buffer.alloc(32)
  Buffer.from("377abcaf271c0004", "hex").copy(start)
  start.writeBigUInt64LE(BigInt(totalBytes - 32 - 100), 12)
  start.writeBigUInt64LE(100n, 20)
  start.writeUInt32LE(crc32(start.subarray(12)), 8)
  return start
}

const write = async (path: string, bytes: number, begin: Uint8Array): Promise<string> => {
  const file = await open(path, "w")
  await file.write(begin)
  await file.truncate(bytes)
  await file.close()
  return path
}

/** The Supervisor of an account that may not ask for any work, as no volume may be downloaded. */
const noWork = Supervisor.of({
  digest: () => Effect.die("a digest was asked for"),
  digestWhileGrowing: () => Effect.die("a download was begun"),
  cut: () => Effect.die("a cut was asked for"),
  inspect: () => Effect.die("an inspection was asked for"),
  preview: () => Effect.die("a preview was asked for"),
  takeBandwidth: () => Effect.succeed(null),
  posted: Effect.void,
  premiumChanged: () => Effect.void,
})

const stage = Effect.gen(function* () {
  const folder = yield* scopedFolder
  const big = 40 * mebibyte
  const file = (name: string, begin: Uint8Array) => Effect.promise(() => write(join(folder, name), big, begin))
  const noise = new Uint8Array(16).fill(7)
  const files = [
    { file: yield* file("1", sevenZipStart(5 * big)), name: "Short.7z.001" },
    { file: yield* file("2", noise), name: "Short.7z.002" },
    { file: yield* file("3", Buffer.from("526172211a0701", "hex")), name: "Renamed.zip" },
    { file: yield* file("4", sevenZipStart(2 * big)), name: "Whole.7z.001" },
    { file: yield* file("5", noise), name: "Whole.7z.002" },
    { file: join(corpus, "test_read_format_rar5_multiarchive.part01.rar"), name: "Begun.part1.rar" },
    { file: join(corpus, "test_read_format_7zip_copy_2.7z"), name: "Alone.7z.001" },
    { file: join(corpus, "cc/ordertest.zip"), name: "Small.zip" },
    { file: join(corpus, "test_read_format_rar5_multiarchive.part01.rar"), name: "Gap.part1.rar" },
    { file: join(corpus, "test_read_format_rar5_multiarchive.part04.rar"), name: "Gap.part4.rar" },
    ...[1, 3].map((part) => ({
      file: join(corpus, `test_read_format_rar5_multiarchive.part0${part}.rar`),
      name: `Old.part${part}.rar`,
      date: 1_600_000_000,
    })),
  ]
  const channel = { name: "source", title: "Source", kind: "channel" as const, members: [phone], admins: [] }
  const world = {
    accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
    channels: [{ ...channel, messages: files }],
  }
  const sandbox = yield* scopedSandbox({ world })
  const url = yield* Effect.promise(freshDatabase)
  const database = Database.layer({ url, max: 2, applicationName: "test" })
  const rows = yield* Effect.gen(function* () {
    const account = yield* addAccount({ phone, displayName: "Alice" })
    const chatId = chatIdOf(sandbox, "source")
    const row = { telegramId: chatId, title: "Source", type: "SOURCE" as const, isForum: false, isActive: true }
    return { accountId: account.id, channelId: (yield* upsertChannel(row)).id, chatId }
  }).pipe(Effect.provide(database))
  const config = cellConfigIn(folder, {
    accountId: rows.accountId,
    phone,
    databaseUrl: url,
    multipartTimeoutHours: 24,
  })
  const services = Layer.mergeAll(
    telegramLayer(sandbox, config.tdlibDirectory),
    database,
    LockSession.layer({ url, applicationName: "test" }),
    Layer.succeed(AccountConfig, config),
    Layer.succeed(Supervisor, noWork),
    Places.layer.pipe(Layer.provide(makeUploadLimit(null, () => {}).layer)),
    Drain.layer,
  )
  return { sandbox, services, rows, folder }
})

/** The sets of the source as its scan groups them, ready to be worked on. */
const works = Effect.fn("works")(function* (
  rows: { readonly channelId: string; readonly chatId: number },
  folder: string,
) {
  const messages = yield* Stream.runCollect(searchMessages(rows.chatId, "documents", 0))
  const volumes = messages.flatMap(({ content, ...message }) =>
    content._tag === "Document" ? [{ ...message, ...content, messageId: message.id }] : [],
  )
  const source = { ...rows, mapId: "m", title: "Source", category: null, mark: null }
  return new Map(
    groupArchiveSets(volumes).map((set): readonly [string, SetWork] => [
      set.name,
      {
        set,
        source: source as unknown as SetWork["source"],
        setStarts: [],
        topicNames: null,
        destination: {} as unknown as SetWork["destination"],
        runId: "run",
        folder: planSetFolder(join(folder, "temp"), { ...rows, ...set }),
        maxUploadBytes: 10 * mebibyte,
        report: () => Effect.void,
      },
    ]),
  )
})

describe("a set that is looked at before its download", () => {
  it.live(
    "waits, is skipped or goes on, for a few parts instead of gigabytes",
    () =>
      Effect.gen(function* () {
        const { folder, rows, sandbox, services } = yield* stage
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const sets = yield* works(rows, folder)
          const fetched = () => sandbox.counters().accounts[phone]?.["upload.getFile"]?.bytesOut ?? 0
          const workOf = (name: string): SetWork => sets.get(name) ?? assert.fail(`there is no ${name}`)
          const verdict = (name: string) => earlyLook(workOf(name))

          const short = yield* ingestSet(workOf("Short.7z"), "open", inPlace)
          assert.strictEqual(short?.outcome, "waiting")
          const lacking = `${3 * 40 * mebibyte} of ${5 * 40 * mebibyte} bytes are missing`
          assert.match(short?.reason ?? "", new RegExp(`^incomplete: ${lacking}; waiting since 20\\d\\d-`))
          const renamed = yield* ingestSet(workOf("Renamed.zip"), "open", inPlace)
          assert.strictEqual(renamed?.outcome, "skipped")
          assert.strictEqual(renamed?.reason, "renamed: The content is a RAR archive, unlike the name.")
          assert.strictEqual((yield* verdict("Whole.7z")).state, "whole")

          // Names that are complete so far: their headers say whether they are.
          assert.strictEqual(workOf("Alone.7z").set.state, "waiting")
          assert.strictEqual((yield* verdict("Alone.7z")).state, "whole")
          const begun = yield* ingestSet(workOf("Begun.part1.rar"), "open", inPlace)
          assert.match(
            begun?.reason ?? "",
            /^incomplete: Volume 2 is missing: volume 1 says that another one follows; waiting since/,
          )

          // Small ones and those with a known gap are not looked at.
          const before = fetched()
          assert.strictEqual((yield* verdict("Small.zip")).state, "unknown")
          const gap = yield* ingestSet(workOf("Gap.part1.rar"), "open", inPlace)
          assert.match(gap?.reason ?? "", /2 volumes are missing: Gap.part2.rar, Gap.part3.rar; waiting since 20\d\d-/)
          assert.strictEqual(fetched(), before)
          assert.isBelow(fetched(), 8 * mebibyte)

          // MULTIPART_TIMEOUT_HOURS is over, and the reason is kept.
          const old = yield* ingestSet(workOf("Old.part1.rar"), "open", inPlace)
          assert.strictEqual(old?.outcome, "skipped")
          assert.strictEqual(old?.reason, "waiting: Volume Old.part2.rar is missing; gave up after 24 h")
          const skipped = (yield* skippedPackages()).find(({ fileName }) => fileName === "Old.part1.rar")
          assert.strictEqual(skipped?.reason, "DOWNLOAD_FAILED")

          const claims = yield* claimedSets()
          assert.deepStrictEqual(claims.map(({ setName, state }) => `${setName} ${state}`).sort(), [
            "Begun.part1.rar waiting",
            "Gap.part1.rar waiting",
            "Old.part1.rar skipped",
            "Renamed.zip skipped",
            "Short.7z waiting",
          ])
          assert.include(claims.find(({ setName }) => setName === "Short.7z")?.reason, lacking)
        }).pipe(Effect.provide(services))
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "gives the bytes that are at a place of a file",
    () =>
      Effect.gen(function* () {
        const { folder, rows, sandbox, services } = yield* stage
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const work = (yield* works(rows, folder)).get("Small.zip")
          const fileId = work?.set.volumes[0]?.fileId ?? 0
          const content = yield* Effect.promise(() => readFile(join(corpus, "cc/ordertest.zip")))
          for (const [offset, bytes] of [
            [content.length - 100, 100],
            [0, 32],
            [30_000, 5000],
          ] as const) {
            const range = yield* downloadRange({ fileId, offset, bytes, priority: 32 })
            assert.deepStrictEqual([...range], [...content.subarray(offset, offset + bytes)])
          }
        }).pipe(Effect.provide(services))
      }).pipe(Effect.scoped),
    120_000,
  )
})
