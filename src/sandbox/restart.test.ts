import { createHash } from "node:crypto"
import { appendFile, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type SandboxCounters, type SandboxState, startSandbox, type World } from "./sandbox.ts"
import { generatedContent } from "./state/content.ts"
import { expectClean } from "./testing/expect-clean.ts"
import { SandboxProcess } from "./testing/sandbox-process.ts"
import { TdlibProcess } from "./testing/tdlib-process.ts"
import { temporaryDirectory } from "./testing/temporary-directory.ts"

const ALICE = "15550001"

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: [{ name: "destination", kind: "channel", admins: [ALICE], messages: [{ text: "the first" }] }],
}

const stateOf = async (url: string): Promise<SandboxState> =>
  (await (await fetch(`${url}/state`)).json()) as SandboxState

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(`${url}/messages`, { method: "POST", body: JSON.stringify(body) })

describe("A sandbox that was killed and started again with its state", () => {
  it("lets TDLib go on in the middle of an upload, which arrives once and whole", async () => {
    await using directory = await temporaryDirectory()
    const at = (name: string) => join(directory.path, name)
    await writeFile(at("world.json"), JSON.stringify(world))
    const bytes = 60 * 2 ** 20 + 1
    const content = generatedContent(bytes, "big").read(0, bytes)
    await writeFile(at("big.bin"), content)
    const start = (...more: readonly string[]) =>
      SandboxProcess.start("--world", at("world.json"), "--state", at("state"), ...more)

    const first = await start()
    const { telegramPort, url, library } = first.ready
    await using alice = new TdlibProcess({ library, port: telegramPort, directory: at("tdlib") })
    await alice.logIn(ALICE, "12345")
    await alice.loadAllChats()
    const chatId = (await stateOf(url)).channels[0]?.chatId ?? 0
    const sent = await alice.invoke({
      _: "sendMessage",
      chat_id: chatId,
      input_message_content: { _: "inputMessageDocument", document: { _: "inputFileLocal", path: at("big.bin") } },
    })
    await alice.update((update) => update._ === "updateFile" && update.file.remote.uploaded_size > bytes / 4)
    await first.end("SIGKILL")

    await using second = await start("--telegram-port", String(telegramPort))
    const tdlibId = await alice.delivered(sent)
    const state = await stateOf(second.ready.url)
    expect(state.accounts[0]?.sessions).toBe(1)
    expect(state.channels[0]?.messages.slice(1)).toMatchObject([
      { tdlibId, file: { bytes, sha256: createHash("sha256").update(content).digest("hex") } },
    ])
    expect(alice.errorLines).toEqual([])
    expectClean((await (await fetch(`${second.ready.url}/counters`)).json()) as SandboxCounters)
    await alice.close()
    expect(await second.end("SIGTERM")).toEqual([0, null])
  })

  it("ends by itself when the process that started it has gone", async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, "world.json"), JSON.stringify(world))
    const sandbox = await SandboxProcess.start("--world", join(directory.path, "world.json"))
    expect(await sandbox.end("disconnect")).toEqual([0, null])
  })

  it("prints what is wrong with its world and exits with 1", async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, "world.json"), "{}")
    await expect(SandboxProcess.start("--world", join(directory.path, "world.json"))).rejects.toThrow(
      "accounts: Missing key",
    )
  })
})

describe("The state directory", () => {
  it("keeps what was posted, even after a line that was cut short", async () => {
    await using directory = await temporaryDirectory()
    const options = { world, stateDirectory: directory.path }
    const first = await startSandbox(options)
    await post(first.controlUrl, { channel: "destination", generate: { bytes: 10, seed: 1 }, name: "a.zip" })
    const before = first.state()
    await first.close()
    await appendFile(join(directory.path, "journal.jsonl"), '{"type":"posted","chan')

    await using second = await startSandbox(options)
    expect(second.state()).toEqual(before)
    await post(second.controlUrl, { channel: "destination", text: "after it" })
    const journal = await readFile(join(directory.path, "journal.jsonl"), "utf8")
    expect(journal.trimEnd().split("\n").at(-1)).toContain("after it")
  })

  it("is refused with another world", async () => {
    await using directory = await temporaryDirectory()
    await (await startSandbox({ world, stateDirectory: directory.path })).close()
    const other = { ...world, channels: [] }
    await expect(startSandbox({ world: other, stateDirectory: directory.path })).rejects.toThrow("another world")
  })

  it("is refused when a line in the middle is damaged", async () => {
    await using directory = await temporaryDirectory()
    await (await startSandbox({ world, stateDirectory: directory.path })).close()
    await appendFile(join(directory.path, "journal.jsonl"), '{"type":"deleted","channel":7}\n')
    await expect(startSandbox({ world, stateDirectory: directory.path })).rejects.toThrow(/journal\.jsonl, line 2/)
  })
})

describe("The control interface", () => {
  it("answers an unknown route with 404 and the routes there are", async () => {
    await using sandbox = await startSandbox({ world })
    const response = await fetch(`${sandbox.controlUrl}/nothing`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: "There is no GET /nothing" })
  })

  it("refuses a message with a mistake, and says where it is", async () => {
    await using sandbox = await startSandbox({ world })
    const response = await post(sandbox.controlUrl, { channel: "destination", text: 5 })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ problems: ["text: Expected string"] })
  })

  it("refuses a body above its bound", async () => {
    await using sandbox = await startSandbox({ world })
    const response = await post(sandbox.controlUrl, { channel: "destination", text: "x".repeat(2 ** 21) })
    expect(response.status).toBe(413)
  })
})
