import { createHash } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { groupArchiveSets } from "../../src/archive/archive-set.ts"
import type { Growth } from "../../src/cpu/jobs.ts"
import { startSandbox } from "../../src/sandbox/sandbox.ts"
import { poolSupervisorLayer } from "../../test/pool-supervisor.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "../../test/telegram-client.ts"
import { searchMessages } from "../telegram/history.ts"
import { downloadSet } from "./download-set.ts"
import { earlyLook } from "./early-look.ts"
import { planSetFolder } from "./set-folder.ts"
import { Places, type SetWork } from "./set-work.ts"

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

describe("downloading a set", () => {
  it.live(
    "digests the volumes while they arrive, and keeps them",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "stash-download-"))),
          (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
        )
        const sandbox = yield* Effect.acquireRelease(
          Effect.promise(() => startSandbox({ world })),
          (running) => Effect.promise(() => running.close()),
        )
        const told: Array<Growth> = []
        yield* Effect.gen(function* () {
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
          const work: SetWork = {
            set,
            source: source as unknown as SetWork["source"],
            photos: [],
            setStarts: [],
            destination: {} as unknown as SetWork["destination"],
            runId: "run",
            folder: planSetFolder(folder, { chatId, firstMessageId: set.firstMessageId, volumes: set.volumes }),
            maxUploadBytes: 10 * mebibyte,
            report: () => Effect.void,
          }
          // The ends of the set have been fetched already, which must not disturb the download.
          assert.strictEqual((yield* earlyLook(work)).state, "renamed")
          const digest = yield* downloadSet(work)
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
        }).pipe(
          Effect.provide(
            Layer.mergeAll(
              telegramLayer(sandbox, join(folder, "tdlib")),
              poolSupervisorLayer((growth) => told.push(growth)),
              Places.layer,
            ),
          ),
        )
      }).pipe(Effect.scoped),
    120_000,
  )
})
