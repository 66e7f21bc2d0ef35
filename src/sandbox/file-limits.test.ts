import { createHash } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type * as Td from "tdlib-types"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { World } from "./sandbox.ts"
import { generatedContent } from "./state/content.ts"
import { expectClean } from "./testing/expect-clean.ts"
import { Stage } from "./testing/stage.ts"
import type { TdlibProcess } from "./testing/tdlib-process.ts"

const FREE = "15550001"
const PREMIUM = "15550002"
const MEGABYTE = 2 ** 20
const NAMES = ["one", "two", "three", "four"]

const world: World = {
  accounts: [
    { phone: FREE, firstName: "Free" },
    { phone: PREMIUM, firstName: "Premium", premium: true },
  ],
  speed: { free: { down: MEGABYTE } },
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [FREE, PREMIUM],
      messages: NAMES.map((name) => ({ generate: { bytes: 3 * MEGABYTE, seed: name }, name: `${name}.zip` })),
    },
    { name: "library", kind: "channel", admins: [FREE, PREMIUM] },
  ],
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

describe("What is demanded of a TDLib's transfers", () => {
  let stage: Stage
  let free: TdlibProcess
  let premium: TdlibProcess

  /** TDLib's id of a file in the source; it has its reference from then on. */
  const find = async (tdlib: TdlibProcess, name: string): Promise<number> => {
    const { messages } = await tdlib.invoke({
      _: "searchChatMessages",
      chat_id: stage.chatId("source"),
      query: "",
      from_message_id: 0,
      offset: 0,
      limit: 50,
      filter: { _: "searchMessagesFilterDocument" },
    })
    const content = messages.map((message) => message?.content)
    const document = content.find(
      (candidate): candidate is Td.messageDocument =>
        candidate?._ === "messageDocument" && candidate.document.file_name === `${name}.zip`,
    )
    return document?.document.document.id ?? 0
  }

  const fetch = async (tdlib: TdlibProcess, fileId: number): Promise<string> => {
    const file = await tdlib.invoke({
      _: "downloadFile",
      file_id: fileId,
      priority: 1,
      offset: 0,
      limit: 0,
      synchronous: true,
    })
    return digest(await readFile(file.local.path))
  }

  const download = async (tdlib: TdlibProcess, name: string): Promise<string> => fetch(tdlib, await find(tdlib, name))

  const send = async (tdlib: TdlibProcess, name: string): Promise<number> => {
    const path = join(stage.directory.path, name)
    await writeFile(path, generatedContent(3 * MEGABYTE, name).read(0, 3 * MEGABYTE))
    const message = await tdlib.invoke({
      _: "sendMessage",
      chat_id: stage.chatId("library"),
      input_message_content: { _: "inputMessageDocument", document: { _: "inputFileLocal", path } },
    })
    return tdlib.delivered(message)
  }

  const digestOf = (name: string): string => digest(generatedContent(3 * MEGABYTE, name).read(0, 3 * MEGABYTE))
  const errorsOf = (phone: string, method: string): number =>
    stage.sandbox.counters().accounts[phone]?.[method]?.errors ?? 0

  beforeAll(async () => {
    stage = await Stage.start(world)
    ;[free, premium] = await Promise.all([stage.logIn(FREE), stage.logIn(PREMIUM)])
  }, 60_000)
  afterEach(() => {
    stage.sandbox.speeds.clear()
    expectClean(stage.sandbox.counters())
    expect(stage.errorLines).toEqual([])
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it("makes a free account wait, which is told that Premium is faster, and gets everything in the end", async () => {
    const slow = free.update((update) => update._ === "updateSpeedLimitNotification")
    expect(await download(free, "one")).toBe(digestOf("one"))
    await expect(slow).resolves.toMatchObject({ is_upload: false })
    expect(errorsOf(FREE, "upload.getFile")).toBeGreaterThan(0)
  })

  it("lets an account with another limit pass meanwhile", async () => {
    await stage.control("POST", "/speed", { premium: false, down: MEGABYTE })
    expect(await download(premium, "one")).toBe(digestOf("one"))
    expect(errorsOf(PREMIUM, "upload.getFile")).toBe(0)
  })

  it("makes uploads wait, of an account with Premium too, and takes every part once", async () => {
    await stage.control("POST", "/speed", { account: PREMIUM, up: MEGABYTE })
    const id = await send(premium, "slow.zip")
    expect(errorsOf(PREMIUM, "upload.saveFilePart") + errorsOf(PREMIUM, "upload.saveBigFilePart")).toBeGreaterThan(0)
    const library = stage.sandbox.state().channels.find(({ name }) => name === "library")
    expect(library?.messages.find(({ tdlibId }) => tdlibId === id)?.file?.sha256).toBe(digestOf("slow.zip"))
  })

  it.each([
    ["keeps a file of that name and size that it finds on its disk, when the hashes are right", 0, 0],
    ["downloads it all the same when a byte of what it finds is wrong", 1, 3 * MEGABYTE],
  ])("%s", async (_, wrong, downloaded) => {
    const name = wrong === 0 ? "three" : "four"
    const folder = join(stage.directory.path, "tdlib", PREMIUM, "files", "documents")
    const bytes = generatedContent(3 * MEGABYTE, name).read(0, 3 * MEGABYTE)
    bytes.writeUInt8(bytes.readUInt8(2 * MEGABYTE) ^ wrong, 2 * MEGABYTE)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${name}.zip`), bytes)
    const before = stage.sandbox.counters().accounts[PREMIUM]?.["upload.getFile"]?.bytesOut ?? 0
    expect(await download(premium, name)).toBe(digestOf(name))
    const after = stage.sandbox.counters().accounts[PREMIUM]?.["upload.getFile"]?.bytesOut ?? 0
    expect(after - before).toBeGreaterThanOrEqual(downloaded)
    expect(after - before).toBeLessThan(downloaded + MEGABYTE)
    expect(errorsOf(PREMIUM, "upload.getFileHashes")).toBe(0)
  })

  it("refuses a file reference that has ended, and the client gets a fresh one by itself", async () => {
    const before = errorsOf(FREE, "upload.getFile")
    const fileId = await find(free, "two")
    await stage.control("POST", "/file-references", {})
    expect(await fetch(free, fileId)).toBe(digestOf("two"))
    expect(errorsOf(FREE, "upload.getFile")).toBeGreaterThan(before)
  })
})
