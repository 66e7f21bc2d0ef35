import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { groupArchiveSets } from "../../src/archive/archive-set.ts"
import type { Growth } from "../../src/cpu/jobs.ts"
import { DiskRoom, RESERVED_BYTES } from "../../src/disk-room.ts"
import { poolSupervisorLayer } from "../../test/pool-supervisor.ts"
import { scopedFolder, scopedSandbox } from "../../test/scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "../../test/telegram-client.ts"
import { AccountConfig } from "../account-config.ts"
import type { Supervisor } from "../supervisor-client.ts"
import { searchMessages } from "../telegram/history.ts"
import type { Tdlib } from "../telegram/tdlib.ts"
import { makeUploadLimit } from "../telegram/upload-limit.ts"
import { downloadSet } from "./download-set.ts"
import { earlyLook } from "./early-look.ts"
import { Places } from "./places.ts"
import { planSetFolder } from "./set-folder.ts"
import type { SetWork } from "./set-work.ts"

const phone = "15550001001"
const mebibyte = 1024 * 1024
const sizes = [24, 24, 10].map((size) => size * mebibyte)

const world = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel" as const,
      members: [phone],
      admins: [],
      messages: sizes.map((bytes, index) => ({
        generate: { bytes, seed: `volume ${index}` },
        name: `Dragon.zip.00${index + 1}`,
      })),
    },
  ],
}

/** A place that nobody counts. */
const nowhere = { arrived: () => {}, complete: () => {} }

/** A set that lies in a sandbox, and an account that may download it into a folder that is gone afterwards. */
const withSet = <A, E>(
  told: Array<Growth>,
  use: (work: SetWork) => Effect.Effect<A, E, AccountConfig | Places | Supervisor | Tdlib>,
) =>
  Effect.gen(function* () {
    const folder = yield* scopedFolder
    const sandbox = yield* scopedSandbox({ world })
    const tdlibDirectory = join(folder, "tdlib")
    const config = {
      accountId: "a",
      phone,
      tdlibDirectory,
      tempDirectory: folder,
    } as unknown as AccountConfig["Service"]
    return yield* Effect.gen(function* () {
      yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
      const chatId = chatIdOf(sandbox, "source")
      const messages = yield* Stream.runCollect(searchMessages(chatId, "documents", 0))
      const volumes = messages.flatMap(({ content, ...message }) =>
        content._tag === "Document"
          ? [
              {
                ...message,
                messageId: message.id,
                fileName: content.fileName,
                bytes: content.bytes,
                fileId: content.fileId,
                uniqueId: content.uniqueId,
              },
            ]
          : [],
      )
      const [set] = groupArchiveSets(volumes)
      if (set === undefined) return assert.fail("there is no set")
      const source = { channelId: "c", mapId: "m", chatId, title: "Source", category: null, mark: null }
      return yield* use({
        set,
        source: source as unknown as SetWork["source"],
        setStarts: [],
        topicNames: null,
        destination: {} as unknown as SetWork["destination"],
        runId: "run",
        folder: planSetFolder(folder, { chatId, firstMessageId: set.firstMessageId, volumes: set.volumes }),
        maxUploadBytes: 10 * mebibyte,
        report: () => Effect.void,
      })
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          telegramLayer(sandbox, tdlibDirectory),
          poolSupervisorLayer((growth) => told.push(growth)),
          Places.layer.pipe(Layer.provide(makeUploadLimit(null, () => {}).layer)),
          Layer.succeed(AccountConfig, config),
        ),
      ),
    )
  }).pipe(Effect.scoped)

describe("downloading a set", () => {
  it.live(
    "digests the volumes while they arrive, and keeps them",
    () => {
      const told: Array<Growth> = []
      return withSet(told, (work) =>
        Effect.gen(function* () {
          // The ends of the set have been fetched already, which must not disturb the download.
          assert.strictEqual((yield* earlyLook(work)).state, "renamed")
          const digest = yield* downloadSet(work, nowhere)
          const home = yield* Effect.promise(() => Promise.all(work.folder.volumePaths.map((path) => readFile(path))))
          assert.deepStrictEqual(
            home.map((content) => content.length),
            sizes,
          )
          assert.strictEqual(digest.contentHash, createHash("sha256").update(Buffer.concat(home)).digest("hex"))
          assert.deepStrictEqual(
            digest.volumes.map(({ pieces }) => pieces.length),
            [3, 3, 0],
          )
          // TDLib says where its unfinished file is and how much of its beginning may be read.
          const early = told.filter(({ readyBytes, settled }) => !settled && readyBytes > 0)
          assert.isAbove(early.length, 0)
          assert.isBelow(Math.min(...early.map(({ readyBytes }) => readyBytes)), 24 * mebibyte)
        }),
      )
    },
    120_000,
  )

  it.live(
    "waits for room, and asks TDLib for nothing, where the next volume would fill the disk",
    () => {
      const told: Array<Growth> = []
      return withSet(told, (work) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(downloadSet(work, nowhere))
          assert.include(error, { _tag: "StorageError", isFull: true })
          assert.deepStrictEqual(told, [])
        }),
      ).pipe(Effect.provideService(DiskRoom, async () => RESERVED_BYTES + 10 * mebibyte - 1))
    },
    120_000,
  )
})
