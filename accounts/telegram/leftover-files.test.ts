import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { scopedFolder, scopedSandbox } from "../../test/scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "../../test/telegram-client.ts"
import { downloadFile } from "./download.ts"
import { searchMessages } from "./history.ts"
import { removeLeftoverFiles } from "./leftover-files.ts"

const phone = "15550001001"
const mebibyte = 1024 * 1024
const world = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel" as const,
      members: [phone],
      admins: [],
      messages: [1, 2].map((seed) => ({ generate: { bytes: 12 * mebibyte, seed }, name: `${seed}.zip` })),
    },
  ],
}

const filesBelow = (folder: string) =>
  Effect.promise(async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => join(parentPath, name))
      .filter((path) => /\/(documents|temp|photos)\//.test(path)),
  )

describe("the folder that TDLib downloads into", () => {
  it.live(
    "holds neither half nor whole downloads once nobody goes on with them",
    () =>
      Effect.gen(function* () {
        const folder = yield* scopedFolder
        const sandbox = yield* scopedSandbox({ world })
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const messages = yield* Stream.runCollect(searchMessages(chatIdOf(sandbox, "source"), "documents", 0))
          const [whole = 0, half = 0] = messages.map(({ content }) =>
            content._tag === "Document" ? content.fileId : 0,
          )
          const download = (fileId: number) => downloadFile({ fileId, priority: 1, onProgress: () => {} })
          yield* download(whole)
          const { id } = sandbox.faults.add({
            method: "upload.getFile",
            nth: 40,
            times: "always",
            effect: { hold: "before" },
          })
          const isHeld = Effect.promise(() => sandbox.wait({ for: "fault", id }))
          yield* Effect.raceFirst(Effect.asVoid(download(half)), Effect.asVoid(isHeld))
          sandbox.faults.clear()
          assert.lengthOf(yield* filesBelow(folder), 2)
          yield* removeLeftoverFiles(folder)
          assert.deepStrictEqual(yield* filesBelow(folder), [])
          // The next look at the same set begins anew.
          yield* download(half)
        }).pipe(Effect.provide(telegramLayer(sandbox, folder)))
      }).pipe(Effect.scoped),
    120_000,
  )
})
