import { createHash } from "node:crypto"
import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { startSandbox, type World } from "./sandbox.ts"
import { DEFAULT_CODE } from "./state/build.ts"
import { generatedContent } from "./state/content.ts"
import { expectClean } from "./testing/expect-clean.ts"
import { TdlibProcess } from "./testing/tdlib-process.ts"
import { temporaryDirectory } from "./testing/temporary-directory.ts"

const ALICE = "15550001"
const BYTES = 20 * 2 ** 20 + 12_345
const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: [{ name: "library", kind: "channel", admins: [ALICE] }],
}

describe("A sandbox that keeps only the digest of uploads", () => {
  it("records what a TDLib uploaded without keeping it, also after a restart", async () => {
    await using directory = await temporaryDirectory()
    const stateDirectory = join(directory.path, "state")
    const original = generatedContent(BYTES, "upload").read(0, BYTES)
    const path = join(directory.path, "dragon.zip")
    await writeFile(path, original)
    const expected = { name: "dragon.zip", bytes: BYTES, sha256: createHash("sha256").update(original).digest("hex") }
    {
      await using sandbox = await startSandbox({ world, stateDirectory, keepUploads: "digest" })
      await using tdlib = new TdlibProcess({ ...sandbox.endpoint, directory: join(directory.path, "tdlib") })
      await tdlib.logIn(ALICE, DEFAULT_CODE)
      await tdlib.loadAllChats()
      const message = await tdlib.invoke({
        _: "sendMessage",
        chat_id: sandbox.state().channels[0]?.chatId ?? 0,
        input_message_content: { _: "inputMessageDocument", document: { _: "inputFileLocal", path } },
      })
      await tdlib.delivered(message)
      expect(sandbox.state().channels[0]?.messages[0]?.file).toEqual(expected)
      expectClean(sandbox.counters())
      expect(tdlib.errorLines).toEqual([])
    }
    expect(await readdir(join(stateDirectory, "uploads"))).toEqual([])
    await using sandbox = await startSandbox({ world, stateDirectory, keepUploads: "digest" })
    expect(sandbox.state().channels[0]?.messages[0]?.file).toEqual(expected)
  }, 60_000)
})
