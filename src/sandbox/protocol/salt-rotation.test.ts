import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { startSandbox, type World } from "../sandbox.ts"
import { expectClean } from "../testing/expect-clean.ts"
import { TdlibProcess } from "../testing/tdlib-process.ts"
import { temporaryDirectory } from "../testing/temporary-directory.ts"

const ALICE = "15550001"

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice", code: "12345" }],
  channels: [{ name: "source", kind: "channel", members: [ALICE], messages: [{ text: "hello" }] }],
}

describe("A TDLib whose server changes all salts", () => {
  it("goes on undisturbed, and its old salts are refused only when they are not accepted any more", async () => {
    await using directory = await temporaryDirectory()
    await using sandbox = await startSandbox({ world })
    await using alice = new TdlibProcess({ ...sandbox.endpoint, directory: join(directory.path, "tdlib") })
    await alice.logIn(ALICE, "12345")
    await alice.loadAllChats()
    const chatId = sandbox.state().channels[0]?.chatId ?? 0
    const search = (query: string) =>
      alice.invoke({
        _: "searchChatMessages",
        chat_id: chatId,
        query,
        from_message_id: 0,
        offset: 0,
        limit: 10,
        filter: { _: "searchMessagesFilterEmpty" },
      })
    const before = sandbox.counters().saltsRefused

    sandbox.rotateSalts()
    expect((await search("hello")).total_count).toBe(1)
    expect(sandbox.counters().saltsRefused).toBe(before)

    const body = JSON.stringify({ overlap: 0 })
    expect((await fetch(`${sandbox.controlUrl}/salts`, { method: "POST", body })).status).toBe(200)
    expect((await search("hell")).total_count).toBe(1)
    expect(sandbox.counters().saltsRefused).toBeGreaterThan(before)
    expect(alice.errorLines).toEqual([])
    expectClean(sandbox.counters())
  })
})
