import { createHash } from "node:crypto"
import { readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { downloadFile } from "../accounts/telegram/download.ts"
import { alone } from "../accounts/telegram/download-goal.ts"
import { newestMessageId, pendingSends, searchMessages } from "../accounts/telegram/history.ts"
import { sendDocument } from "../accounts/telegram/send.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"
const MEBIBYTE = 1024 * 1024

const world = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel" as const,
      members: [phone],
      admins: [],
      messages: Array.from({ length: 230 }, (_, index) => ({
        generate: { bytes: 100 + index, seed: `file ${index}` },
        name: `file ${index}.zip`,
        caption: `caption ${index}`,
      })),
    },
    { name: "library", title: "Library", kind: "channel" as const, members: [phone], admins: [phone], messages: [] },
  ],
}

const sandboxOf = (pageLimit?: number) => scopedSandbox({ world, ...(pageLimit === undefined ? {} : { pageLimit }) })

describe("the narrow interface to TDLib", () => {
  it.live(
    "logs in, pages through a channel whose pages are short, downloads, and sends with a confirmed id",
    () =>
      Effect.gen(function* () {
        const folder = yield* scopedFolder
        const sandbox = yield* sandboxOf(17)
        yield* Effect.gen(function* () {
          const { ready } = yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          assert.isTrue(ready.isPremium)

          const found = yield* Stream.runCollect(searchMessages(chatIdOf(sandbox, "source"), "documents", 0))
          assert.lengthOf(found, 230)
          assert.lengthOf(new Set(found.map(({ id }) => id)), 230)

          const newest = found[0]
          assert.strictEqual(newest?.caption, "caption 229")
          const afterMark = yield* Stream.runCollect(
            searchMessages(chatIdOf(sandbox, "source"), "documents", found[10]?.id ?? 0),
          )
          assert.lengthOf(afterMark, 10)

          if (newest?.content._tag !== "Document") return assert.fail("the newest message is no document")
          const path = yield* downloadFile({ fileId: newest.content.fileId, share: alone(16), onProgress: () => {} })
          const bytes = yield* Effect.promise(() => readFile(path))
          const served = sandbox.state().channels[0]?.messages.at(-1)?.file
          assert.strictEqual(createHash("sha256").update(bytes).digest("hex"), served?.sha256)

          const upload = join(folder, "Dragon.zip")
          yield* Effect.promise(() => writeFile(upload, Buffer.alloc(12 * MEBIBYTE, 7)))
          const progress: Array<number> = []
          const library = chatIdOf(sandbox, "library")
          const delivered = yield* sendDocument({
            chatId: library,
            path: upload,
            caption: "stash:0123456789abcdef:1/1",
            onProgress: (sent) => progress.push(sent),
          })
          assert.strictEqual(yield* newestMessageId(library), delivered.messageId)
          assert.lengthOf(yield* pendingSends(library, 0), 0)
          assert.isAbove(progress.length, 0)
          const stored = sandbox.state().channels[1]?.messages ?? []
          assert.lengthOf(stored, 1)
          assert.strictEqual(stored[0]?.tdlibId, delivered.messageId)
          assert.strictEqual(stored[0]?.text, "stash:0123456789abcdef:1/1")
          assert.include(stored[0]?.file, { name: "Dragon.zip", bytes: 12 * MEBIBYTE })
        }).pipe(Effect.provide(telegramLayer(sandbox, join(folder, "tdlib"))))
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "downloads a file anew whose unfinished part TDLib remembers, but which is gone from the disk",
    () =>
      Effect.gen(function* () {
        const folder = yield* scopedFolder
        const large = { generate: { bytes: 8 * MEBIBYTE, seed: "large" }, name: "large.zip" }
        const [source, library] = world.channels
        const sandbox = yield* scopedSandbox({
          world: {
            ...world,
            channels: [source, library].flatMap((channel) =>
              channel === undefined ? [] : [{ ...channel, messages: channel === source ? [large] : [] }],
            ),
          },
        })
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const [found] = yield* Stream.runCollect(searchMessages(chatIdOf(sandbox, "source"), "documents", 0))
          if (found?.content._tag !== "Document") return assert.fail("no document")
          const { fileId } = found.content
          const unfinished = yield* Deferred.make<string>()
          sandbox.speeds.set({ down: MEBIBYTE })
          const download = yield* Effect.forkScoped(
            downloadFile({
              fileId,
              share: alone(16),
              onProgress: () => {},
              onPrefix: (path, ready) => ready > 0 && Deferred.doneUnsafe(unfinished, Effect.succeed(path)),
            }),
          )
          const partial = yield* Deferred.await(unfinished)
          yield* Fiber.interrupt(download)
          // A process that is killed between TDLib's last rename and its database leaves this behind.
          yield* Effect.promise(() => rm(partial))
          sandbox.speeds.clear()

          const path = yield* downloadFile({ fileId, share: alone(16), onProgress: () => {} })
          const bytes = yield* Effect.promise(() => readFile(path))
          const served = sandbox.state().channels[0]?.messages[0]?.file
          assert.strictEqual(createHash("sha256").update(bytes).digest("hex"), served?.sha256)
        }).pipe(Effect.provide(telegramLayer(sandbox, join(folder, "tdlib"))))
      }).pipe(Effect.scoped),
    120_000,
  )
})
