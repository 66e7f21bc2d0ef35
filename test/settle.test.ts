import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { AccountConfig } from "../accounts/account-config.ts"
import { proveDelivery } from "../accounts/settle/prove-delivery.ts"
import { settle } from "../accounts/settle/settle.ts"
import { sweepDestination } from "../accounts/settle/sweep.ts"
import type { Supervisor } from "../accounts/supervisor-client.ts"
import { newestMessageId } from "../accounts/telegram/history.ts"
import { waitForFirstState } from "../accounts/telegram/login.ts"
import { sendDocument } from "../accounts/telegram/send.ts"
import { Tdlib } from "../accounts/telegram/tdlib.ts"
import { addAccount } from "../db/accounts.ts"
import { destination, setDestination, upsertChannel } from "../db/channels.ts"
import { claimSet } from "../db/claims.ts"
import { Database } from "../db/database.ts"
import { confirmPart, openPublication, openPublications } from "../db/journal.ts"
import { LockSession } from "../db/lock-session.ts"
import { packageByHash } from "../db/packages.ts"
import type { Sandbox } from "../src/sandbox/sandbox.ts"
import { cellConfigIn } from "./cell-config.ts"
import { freshDatabase } from "./fresh-database.ts"
import { poolSupervisorLayer } from "./pool-supervisor.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"
const contentHash = "0123456789abcdef".repeat(4)
const tagOf = (part: number, of: number) => `stash:${contentHash.slice(0, 16)}:${part}/${of}`

const world = {
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel" as const, members: [phone], admins: [], messages: [] },
    { name: "library", title: "Library", kind: "channel" as const, members: [phone], admins: [phone], messages: [] },
  ],
}

interface Bench {
  readonly sandbox: Sandbox
  readonly folder: string
  readonly library: number
  readonly accountId: string
  /** One life of the account's TDLib, from offline start to orderly close. */
  readonly life: <A, E>(work: Effect.Effect<A, E, LifeServices>) => Effect.Effect<A, unknown>
  /** Writes the journal row of a content in `of` parts, with tags in their captions or without. */
  readonly journal: (of: number, tags?: "tagged" | "untagged") => Effect.Effect<unknown, unknown, LifeServices>
  readonly file: string
}

type LifeServices =
  | AccountConfig
  | Database
  | LockSession
  | Supervisor
  | Layer.Success<ReturnType<typeof telegramLayer>>

const makeBench = Effect.gen(function* () {
  const folder = yield* scopedFolder
  const sandbox = yield* scopedSandbox({ world })
  const url = yield* Effect.promise(freshDatabase)
  const database = Database.layer({ url, max: 2, applicationName: "test" })
  const library = chatIdOf(sandbox, "library")
  const channel = { isForum: false, isActive: true }
  const rows = yield* Effect.gen(function* () {
    const account = yield* addAccount({ phone, displayName: "Alice" })
    const source = yield* upsertChannel({ ...channel, telegramId: -1, title: "Source", type: "SOURCE" })
    const destination = yield* upsertChannel({ ...channel, telegramId: library, title: "Library", type: "DESTINATION" })
    yield* setDestination(destination.id)
    return { accountId: account.id, source: source.id, destination: destination.id }
  }).pipe(Effect.provide(database))
  const config = cellConfigIn(folder, { accountId: rows.accountId, phone, databaseUrl: url })
  const file = join(folder, "Dragon.zip")
  const bytes = Buffer.alloc(300_000, 3)
  yield* Effect.promise(() => writeFile(file, bytes))
  const digest = createHash("sha256").update(bytes).digest("hex")

  const bench: Bench = {
    sandbox,
    folder,
    library,
    accountId: rows.accountId,
    file,
    life: (work) =>
      work.pipe(
        Effect.provide(
          Layer.mergeAll(
            telegramLayer(sandbox, config.tdlibDirectory),
            database,
            LockSession.layer({ url, applicationName: "test" }),
            Layer.succeed(AccountConfig, config),
            poolSupervisorLayer(),
          ),
        ),
      ),
    journal: Effect.fn("journal")(function* (of: number, tags = "tagged") {
      const set = { sourceChannelId: rows.source, firstMessageId: 2 ** 20 }
      const claim = yield* claimSet({
        ...set,
        accountId: rows.accountId,
        setName: "Dragon.zip",
        volumes: of,
        bytes: 300_000,
        fileKey: null,
        leaseSeconds: 60,
      })
      assert.strictEqual(claim.outcome, "claimed")
      yield* openPublication({
        ...set,
        contentHash,
        accountId: rows.accountId,
        token: claim.outcome === "claimed" ? claim.token : 0,
        destChannelId: rows.destination,
        destChatId: library,
        afterMessageId: yield* newestMessageId(library),
        tag: tags === "tagged" ? tagOf(1, of) : "",
        directory: folder,
        parts: Array.from({ length: of }, (_, index) => ({
          part: index + 1,
          name: "Dragon.zip",
          path: file,
          bytes: 300_000,
          sha256: digest,
        })),
        stub: {
          fileName: "Dragon.zip",
          fileSize: 300_000,
          archiveType: "ZIP",
          sourceTopicId: null,
          sourceCaption: null,
          ingestionRunId: null,
        },
      })
    }),
  }
  return bench
})

const online = goOnlineAs(phone, "12345")

/** Leaves a message in TDLib that it has not been able to send. */
const leaveUnsent = (bench: Bench, caption: string) =>
  Effect.gen(function* () {
    const tdlib = yield* Tdlib
    yield* tdlib.invoke({ _: "setNetworkType", type: { _: "networkTypeNone" } })
    yield* tdlib.invoke({
      _: "sendMessage",
      chat_id: bench.library,
      input_message_content: {
        _: "inputMessageDocument",
        document: { _: "inputFileLocal", path: bench.file },
        caption: { _: "formattedText", text: caption, entities: [] },
      },
    })
    // The answer to sendMessage is not durable at once (facts/cell.md).
    yield* Effect.sleep("200 millis")
  })

const delivered = (bench: Bench) =>
  (bench.sandbox.state().channels.find(({ name }) => name === "library")?.messages ?? [])
    .filter(({ deleted }) => deleted === undefined)
    .map(({ text }) => text)

describe("settling after a crash", () => {
  it.live(
    "adopts parts that were delivered though nobody wrote it down, and completes the publication",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            yield* bench.journal(2)
            for (const part of [1, 2])
              yield* sendDocument({
                chatId: bench.library,
                path: bench.file,
                caption: tagOf(part, 2),
                onProgress: () => {},
              })
          }),
        )
        yield* bench.life(
          Effect.gen(function* () {
            const first = yield* waitForFirstState()
            assert.strictEqual(first._, "authorizationStateReady")
            assert.deepStrictEqual(yield* settle(), { adopted: 2, cancelled: 0, completed: 1, open: 0 })
            assert.isTrue(Option.isSome(yield* packageByHash(contentHash)))
            assert.lengthOf(yield* openPublications(bench.accountId), 0)
          }),
        )
        assert.deepStrictEqual(delivered(bench), [tagOf(1, 2), tagOf(2, 2)])
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "lets TDLib deliver what the journal knows, once, and leaves a half sent publication open",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            yield* bench.journal(2)
            yield* leaveUnsent(bench, tagOf(1, 2))
          }),
        )
        assert.deepStrictEqual(delivered(bench), [])
        yield* bench.life(
          Effect.gen(function* () {
            yield* waitForFirstState()
            assert.deepStrictEqual(yield* settle(), { adopted: 0, cancelled: 0, completed: 0, open: 1 })
            const [open] = yield* openPublications(bench.accountId)
            assert.isNumber(open?.parts[0]?.destMessageId)
            assert.isNull(open?.parts[1]?.destMessageId)
          }),
        )
        assert.deepStrictEqual(delivered(bench), [tagOf(1, 2)])
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "cancels, before a packet leaves, what no journal row asks for, and the second send of one part",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            yield* bench.journal(1)
            yield* leaveUnsent(bench, `stash:${"f".repeat(16)}:1/1`)
            yield* leaveUnsent(bench, tagOf(1, 1))
            yield* leaveUnsent(bench, tagOf(1, 1))
            yield* leaveUnsent(bench, "typed by a person")
          }),
        )
        yield* bench.life(
          Effect.gen(function* () {
            yield* waitForFirstState()
            assert.deepStrictEqual(yield* settle(), { adopted: 0, cancelled: 3, completed: 1, open: 0 })
          }),
        )
        assert.deepStrictEqual(delivered(bench), [tagOf(1, 1)])
      }).pipe(Effect.scoped),
    120_000,
  )
})

describe("settling a publication without caption tags", () => {
  it.live(
    "adopts the message that holds its very bytes, not another one of its name and size",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const decoy = join(bench.folder, "other", "Dragon.zip")
        yield* Effect.promise(() => mkdir(join(bench.folder, "other")))
        yield* Effect.promise(() => writeFile(decoy, Buffer.alloc(300_000, 4)))
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            yield* bench.journal(1, "untagged")
            for (const path of [decoy, bench.file, bench.file])
              yield* sendDocument({ chatId: bench.library, path, caption: "", onProgress: () => {} })
          }),
        )
        yield* bench.life(
          Effect.gen(function* () {
            yield* waitForFirstState()
            assert.deepStrictEqual(yield* settle(), { adopted: 1, cancelled: 0, completed: 1, open: 0 })
            const found = yield* packageByHash(contentHash)
            const second = bench.sandbox.state().channels.find(({ name }) => name === "library")?.messages[1]?.tdlibId
            assert.strictEqual(Option.getOrUndefined(found)?.destMessageId, second)
            assert.isTrue(existsSync(bench.file))
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "lets TDLib deliver what the journal knows, by its path",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            yield* bench.journal(1, "untagged")
            yield* leaveUnsent(bench, "")
          }),
        )
        yield* bench.life(
          Effect.gen(function* () {
            yield* waitForFirstState()
            assert.deepStrictEqual(yield* settle(), { adopted: 0, cancelled: 0, completed: 1, open: 0 })
          }),
        )
        assert.deepStrictEqual(delivered(bench), [""])
      }).pipe(Effect.scoped),
    120_000,
  )
})

describe("proving a delivery", () => {
  const sendAndProve = (bench: Bench, isRight: boolean) =>
    Effect.gen(function* () {
      yield* online
      yield* bench.journal(1)
      const [publication] = yield* openPublications(bench.accountId)
      const [part] = publication?.parts ?? []
      if (publication === undefined || part === undefined) return assert.fail("there is a publication")
      const sent = yield* sendDocument({
        chatId: bench.library,
        path: bench.file,
        caption: tagOf(1, 1),
        onProgress: () => {},
      })
      const row = isRight ? part : { ...part, sha256: "0".repeat(64) }
      return yield* proveDelivery(publication, row, bench.file, sent)
    })
  const downloadedBytes = (bench: Bench) => bench.sandbox.counters().accounts[phone]?.["upload.getFile"]?.bytesOut ?? 0

  it.live(
    "asks the server for every byte, and leaves the file where it was",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(sendAndProve(bench, true))
        assert.isAtLeast(downloadedBytes(bench), 300_000)
        assert.isTrue(existsSync(bench.file))
        assert.deepStrictEqual(delivered(bench), [tagOf(1, 1)])
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "deletes a message that holds something else",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const error = yield* Effect.flip(bench.life(sendAndProve(bench, false)))
        assert.include(String(error), "other bytes")
        assert.deepStrictEqual(delivered(bench), [])
        assert.isTrue(existsSync(bench.file))
      }).pipe(Effect.scoped),
    120_000,
  )
})

describe("a destination that the operator has left for another one", () => {
  it.live(
    "gets nothing of what TDLib still wanted to send there",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            const found = yield* destination()
            if (Option.isNone(found)) return assert.fail("there is a destination")
            yield* sweepDestination(found.value)
            yield* leaveUnsent(bench, tagOf(1, 1))
            const another = { telegramId: -2, title: "New library", type: "DESTINATION" } as const
            const row = yield* upsertChannel({ ...another, isForum: false, isActive: true })
            yield* setDestination(row.id)
          }),
        )
        yield* bench.life(
          Effect.gen(function* () {
            yield* waitForFirstState()
            assert.deepStrictEqual(yield* settle(), { adopted: 0, cancelled: 1, completed: 0, open: 0 })
          }),
        )
        assert.deepStrictEqual(delivered(bench), [])
      }).pipe(Effect.scoped),
    120_000,
  )
})

describe("looking through the destination", () => {
  /** Sends documents with these captions; resolves with their ids. */
  const send = (bench: Bench, captions: ReadonlyArray<string>) =>
    Effect.forEach(captions, (caption) =>
      Effect.map(
        sendDocument({ chatId: bench.library, path: bench.file, caption, onProgress: () => {} }),
        ({ messageId }) => messageId,
      ),
    )

  it.live(
    "removes the second copy of a part that is recorded, and nothing else",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        const foreign = `stash:${"e".repeat(16)}:1/1`
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            const found = yield* destination()
            if (Option.isNone(found)) return assert.fail("there is a destination")
            yield* sweepDestination(found.value)
            yield* bench.journal(2)
            const [first] = yield* send(bench, [tagOf(1, 2), tagOf(2, 2), tagOf(1, 2), foreign, "posted by a person"])
            const [publication] = yield* openPublications(bench.accountId)
            if (publication === undefined || first === undefined) return assert.fail("there is a publication")
            yield* confirmPart({ contentHash, token: publication.token, part: 1, destMessageId: first })

            yield* sweepDestination(found.value)
            // Part 2 is still open: its message may be adopted yet.
            assert.deepStrictEqual(delivered(bench), [tagOf(1, 2), tagOf(2, 2), foreign, "posted by a person"])

            yield* send(bench, [tagOf(2, 2)])
            yield* settle()
            assert.isTrue(Option.isSome(yield* packageByHash(contentHash)))
            yield* sweepDestination(found.value)
            assert.deepStrictEqual(delivered(bench), [tagOf(1, 2), tagOf(2, 2), foreign, "posted by a person"])
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "leaves alone, and adopts never, what a person forwarded with our caption",
    () =>
      Effect.gen(function* () {
        const bench = yield* makeBench
        yield* bench.life(
          Effect.gen(function* () {
            yield* online
            const tdlib = yield* Tdlib
            const found = yield* destination()
            if (Option.isNone(found)) return assert.fail("there is a destination")
            yield* sweepDestination(found.value)
            const [foreign = 0] = yield* send(bench, [tagOf(1, 1)])
            yield* bench.journal(1)
            const forward = (from: number) =>
              tdlib.invoke({
                _: "forwardMessages",
                chat_id: bench.library,
                from_chat_id: bench.library,
                message_ids: [from],
              })
            const arrived = (count: number) =>
              Effect.promise(() => bench.sandbox.wait({ for: "message", channel: "library", text: tagOf(1, 1), count }))
            yield* forward(foreign)
            yield* arrived(2)
            assert.deepStrictEqual(yield* settle(), { adopted: 0, cancelled: 0, completed: 0, open: 1 })

            const [ours = 0] = yield* send(bench, [tagOf(1, 1)])
            yield* settle()
            assert.isTrue(Option.isSome(yield* packageByHash(contentHash)))
            yield* forward(ours)
            yield* arrived(4)
            yield* sweepDestination(found.value)
            // The very first one is surplus; the one that the package names and both forwarded ones stay.
            assert.lengthOf(delivered(bench), 3)
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )
})
