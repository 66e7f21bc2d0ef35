import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { startSandbox, type World } from "../sandbox.ts"
import { expectClean } from "../testing/expect-clean.ts"
import { TdlibProcess } from "../testing/tdlib-process.ts"
import { temporaryDirectory } from "../testing/temporary-directory.ts"

const ALICE = "15550001"
const BYTES = 3 * 2 ** 20 + 11

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice", code: "12345" }],
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [ALICE],
      messages: [{ generate: { bytes: BYTES, seed: "pfs" }, name: "dragon.zip" }],
    },
  ],
}

describe("A TDLib with perfect forward secrecy", () => {
  it("logs in, downloads, and is still logged in after a restart of both sides", async () => {
    await using directory = await temporaryDirectory()
    const stateDirectory = join(directory.path, "state")
    const open = (endpoint: { readonly library: string; readonly port: number }) =>
      new TdlibProcess({ ...endpoint, directory: join(directory.path, "tdlib"), options: { use_pfs: true } })
    let port = 0

    {
      await using sandbox = await startSandbox({ world, stateDirectory })
      port = sandbox.endpoint.port
      await using alice = open(sandbox.endpoint)
      await alice.logIn(ALICE, "12345")
      expect(sandbox.counters().accounts[""]?.["auth.bindTempAuthKey"]?.calls).toBeGreaterThan(0)
      expect(alice.errorLines).toEqual([])
      await alice.close()
      expectClean(sandbox.counters())
    }

    await using sandbox = await startSandbox({ world, stateDirectory, telegramPort: port })
    await using alice = open(sandbox.endpoint)
    await alice.logIn(ALICE, "not asked for")
    await alice.loadAllChats()
    const chatId = sandbox.state().channels[0]?.chatId ?? 0
    const { messages } = await alice.invoke({
      _: "searchChatMessages",
      chat_id: chatId,
      query: "",
      from_message_id: 0,
      offset: 0,
      limit: 10,
      filter: { _: "searchMessagesFilterDocument" },
    })
    const content = messages[0]?.content
    if (content?._ !== "messageDocument") throw new Error("the document is not there")
    const file = await alice.invoke({
      _: "downloadFile",
      file_id: content.document.document.id,
      priority: 1,
      offset: 0,
      limit: 0,
      synchronous: true,
    })
    const digest = createHash("sha256")
      .update(await readFile(file.local.path))
      .digest("hex")
    expect(digest).toBe(sandbox.state().channels[0]?.messages[0]?.file?.sha256)
    expect(alice.errorLines).toEqual([])
    await alice.close()
    expectClean(sandbox.counters())
  })
})
