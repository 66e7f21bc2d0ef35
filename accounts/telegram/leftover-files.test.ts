import { readdir, utimes } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { scopedFolder, scopedSandbox } from "../../test/scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "../../test/telegram-client.ts"
import { downloadFile } from "./download.ts"
import { alone } from "./download-goal.ts"
import { searchMessages } from "./history.ts"
import { removeLeftoverFiles, trimLeftoverFiles } from "./leftover-files.ts"
import type { Tdlib } from "./tdlib.ts"

const phone = "15550001001"
const mebibyte = 1024 * 1024
const world = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: ["source", "other"].map((name) => ({
    name,
    title: name,
    kind: "channel" as const,
    members: [phone],
    admins: [],
    messages: [1, 2].map((seed) => ({
      generate: { bytes: 12 * mebibyte, seed: name + seed },
      name: `${name} ${seed}.zip`,
    })),
  })),
}

const filesBelow = (folder: string) =>
  Effect.promise(async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => join(parentPath, name))
      .filter((path) => /\/(documents|temp|photos)\//.test(path)),
  )

/** A TDLib that has one of a channel's files, and of another one the first half. */
const makeBench = Effect.gen(function* () {
  const folder = yield* scopedFolder
  const sandbox = yield* scopedSandbox({ world })
  const download = (fileId: number) => downloadFile({ fileId, share: alone(1), onProgress: () => {} })
  /** Answers with the file that is there by half. */
  const fill = Effect.fn("fill")(function* (channel: string) {
    const messages = yield* Stream.runCollect(searchMessages(chatIdOf(sandbox, channel), "documents", 0))
    const [whole = 0, half = 0] = messages.map(({ content }) => (content._tag === "Document" ? content.fileId : 0))
    yield* download(whole)
    const held = { method: "upload.getFile", nth: 40, times: "always", effect: { hold: "before" } } as const
    const { id } = sandbox.faults.add(held)
    const isHeld = Effect.promise(() => sandbox.wait({ for: "fault", id }))
    yield* Effect.raceFirst(Effect.asVoid(download(half)), Effect.asVoid(isHeld))
    sandbox.faults.clear()
    return half
  })
  const work = <A, E>(effect: Effect.Effect<A, E, Tdlib>) =>
    Effect.andThen(goOnlineAs(phone, sandbox.endpoint.loginCode), effect).pipe(
      Effect.provide(telegramLayer(sandbox, folder)),
    )
  return { folder, sandbox, download, fill, work }
})

/** Makes all files look as if nobody had touched them for so many hours. */
const age = (paths: ReadonlyArray<string>, hours: number) =>
  Effect.promise(async () => {
    const then = new Date(Date.now() - hours * 3_600_000)
    for (const path of paths) await utimes(path, then, then)
  })

describe("the folder that TDLib downloads into", () => {
  it.live(
    "holds neither half nor whole downloads once nobody goes on with them",
    () =>
      Effect.gen(function* () {
        const { download, fill, folder, work } = yield* makeBench
        yield* work(
          Effect.gen(function* () {
            const half = yield* fill("source")
            assert.lengthOf(yield* filesBelow(folder), 2)
            const freed = yield* removeLeftoverFiles(folder)
            assert.strictEqual(freed.files, 2)
            assert.isAbove(freed.bytes, 12 * mebibyte)
            assert.deepStrictEqual(yield* filesBelow(folder), [])
            // The next look at the same set begins anew.
            yield* download(half)
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )

  it.live(
    "is kept small while sets are begun, without what is gone on with, until nobody has touched that for a week",
    () =>
      Effect.gen(function* () {
        const { fill, folder, sandbox, work } = yield* makeBench
        const begunChatIds = [chatIdOf(sandbox, "source")]
        yield* work(
          Effect.gen(function* () {
            yield* fill("source")
            const begun = yield* filesBelow(folder)
            yield* fill("other")
            const trim = (maxBytes: number) => trimLeftoverFiles(folder, { begunChatIds, maxBytes })
            assert.deepStrictEqual(yield* trim(0), { bytes: 0, files: 0 }, "nothing is old")
            yield* age(yield* filesBelow(folder), 2)
            assert.deepStrictEqual(yield* trim(100 * mebibyte), { bytes: 0, files: 0 }, "there is room")
            assert.strictEqual((yield* trim(0)).files, 2)
            assert.sameMembers([...(yield* filesBelow(folder))], [...begun])
            yield* age(begun, 8 * 24)
            assert.strictEqual((yield* trim(100 * mebibyte)).files, 2)
            assert.deepStrictEqual(yield* filesBelow(folder), [])
          }),
        )
      }).pipe(Effect.scoped),
    120_000,
  )
})
