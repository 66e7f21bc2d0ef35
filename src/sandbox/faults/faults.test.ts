import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type * as Td from "tdlib-types"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { generatedContent } from "../state/content.ts"
import { expectClean } from "../testing/expect-clean.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"

const ALICE = "15550001"
const MEGABYTE = 2 ** 20

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice", premium: true }],
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [ALICE],
      messages: Array.from({ length: 6 }, (_, index) => ({
        generate: { bytes: 2 * MEGABYTE, seed: index },
        name: `dragon-${index}.zip`,
      })),
    },
    { name: "library", kind: "channel", admins: [ALICE] },
  ],
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

describe("A TDLib to which things happen", () => {
  let stage: Stage
  let tdlib: TdlibProcess
  let sent = 0

  const history = async (): Promise<readonly Td.message[]> => {
    const request = {
      _: "searchChatMessages",
      chat_id: stage.chatId("source"),
      query: "",
      from_message_id: 0,
      offset: 0,
      limit: 50,
      filter: { _: "searchMessagesFilterDocument" },
    } as const
    return (await tdlib.invoke(request)).messages
  }

  /** Sends a file of its own; resolves with the caption by which it is found. */
  const send = async (bytes = 1000): Promise<{ readonly caption: string; readonly message: Td.message }> => {
    const caption = `number ${++sent}`
    const path = join(stage.directory.path, `upload-${sent}.zip`)
    await writeFile(path, generatedContent(bytes, caption).read(0, bytes))
    const message = await tdlib.invoke({
      _: "sendMessage",
      chat_id: stage.chatId("library"),
      input_message_content: {
        _: "inputMessageDocument",
        document: { _: "inputFileLocal", path },
        caption: { _: "formattedText", text: caption, entities: [] },
      },
    })
    return { caption, message }
  }

  const copies = (caption: string) =>
    (stage.sandbox.state().channels.find(({ name }) => name === "library")?.messages ?? []).filter(
      ({ text }) => text === caption,
    )

  const downloadNumber = async (index: number): Promise<Buffer> => {
    const messages = await history()
    const found = messages.find(
      ({ content }) => content._ === "messageDocument" && content.document.file_name === `dragon-${index}.zip`,
    )
    if (found?.content._ !== "messageDocument") throw new Error(`there is no dragon-${index}.zip`)
    const file = await tdlib.invoke({
      _: "downloadFile",
      file_id: found.content.document.document.id,
      priority: 1,
      offset: 0,
      limit: 0,
      synchronous: true,
    })
    return readFile(file.local.path)
  }

  const original = (index: number): string => sha256(generatedContent(2 * MEGABYTE, index).read(0, 2 * MEGABYTE))

  beforeAll(async () => {
    stage = await Stage.start(world)
    tdlib = await stage.logIn(ALICE)
  })

  afterEach(() => {
    stage.sandbox.faults.clear()
    stage.sandbox.links.clear()
  })

  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
  })

  it("sleeps through a short flood wait and sends then", async () => {
    const { faults } = stage.sandbox
    const fault = faults.add({ method: "messages.sendMedia", effect: { error: { code: 420, text: "FLOOD_WAIT_1" } } })
    const { caption, message } = await send()
    await tdlib.delivered(message)
    expect(faults.get(fault.id)).toMatchObject({ struck: 1 })
    expect(copies(caption)).toHaveLength(1)
  })

  it("is told at once of a flood wait that is longer than a minute", async () => {
    const effect = { error: { code: 420, text: "FLOOD_WAIT_61" } }
    stage.sandbox.faults.add({ method: "messages.sendMedia", effect })
    const { caption, message } = await send()
    await expect(tdlib.delivered(message)).rejects.toThrow("retry after 61")
    expect(copies(caption)).toHaveLength(0)
  })

  it("uploads a part again that the server says it lacks", async () => {
    const effect = { error: { code: 400, text: "FILE_PART_0_MISSING" } }
    stage.sandbox.faults.add({ method: "messages.sendMedia", effect })
    const { caption, message } = await send()
    await tdlib.delivered(message)
    expect(copies(caption)).toHaveLength(1)
  })

  it("sends once when the connection drops after the message was stored", async () => {
    const fault = stage.sandbox.faults.add({ method: "messages.sendMedia", effect: { drop: "after" } })
    const { caption, message } = await send()
    await tdlib.delivered(message)
    expect(stage.sandbox.faults.get(fault.id)).toMatchObject({ struck: 1 })
    expect(copies(caption)).toHaveLength(1)
  })

  it("sends once when the connection drops before", async () => {
    stage.sandbox.faults.add({ method: "messages.sendMedia", effect: { drop: "before" } })
    const { caption, message } = await send()
    await tdlib.delivered(message)
    expect(copies(caption)).toHaveLength(1)
  })

  it("waits for ever for an answer that is lost, and sends once when the server has forgotten it by a restart", async () => {
    const fault = stage.sandbox.faults.add({ method: "messages.sendMedia", effect: { loseAnswer: true } })
    const { caption, message } = await send()
    await stage.sandbox.wait({ for: "fault", id: fault.id })
    await stage.sandbox.restart()
    await tdlib.delivered(message)
    expect(copies(caption)).toHaveLength(1)
  })

  it("goes on with an upload after the server was away", async () => {
    const effect = { restart: 300 }
    const fault = stage.sandbox.faults.add({ method: "upload.saveBigFilePart", nth: 20, effect })
    const { caption, message } = await send(20 * MEGABYTE)
    await tdlib.delivered(message)
    expect(stage.sandbox.faults.get(fault.id)).toMatchObject({ struck: 1 })
    expect(copies(caption)).toMatchObject([{ file: { bytes: 20 * MEGABYTE } }])
    const content = generatedContent(20 * MEGABYTE, caption).read(0, 20 * MEGABYTE)
    expect(copies(caption)[0]?.file?.sha256).toBe(sha256(content))
  })

  it("waits for a call that stands still, and goes on when it is released", async () => {
    const { faults } = stage.sandbox
    const fault = faults.add({ account: ALICE, method: "messages.sendMedia", effect: { hold: "after" } })
    const { caption, message } = await send()
    await stage.sandbox.wait({ for: "fault", id: fault.id })
    await stage.sandbox.wait({ for: "message", channel: "library", text: caption })
    expect(
      tdlib.updates.some((update) => update._ === "updateMessageSendSucceeded" && update.old_message_id === message.id),
    ).toBe(false)
    expect(faults.release(fault.id)).toBe(1)
    await tdlib.delivered(message)
  })

  it("gets wrong bytes, and does not notice", async () => {
    stage.sandbox.faults.add({ method: "upload.getFile", effect: { wrongBytes: { at: 10, count: 3 } } })
    const bytes = await downloadNumber(0)
    expect(bytes).toHaveLength(2 * MEGABYTE)
    expect(sha256(bytes)).not.toBe(original(0))
  })

  it("asks for the message again when the file reference has expired", async () => {
    await history()
    const effect = { error: { code: 400, text: "FILE_REFERENCE_EXPIRED" } }
    stage.sandbox.faults.add({ method: "upload.getFile", effect })
    expect(sha256(await downloadNumber(1))).toBe(original(1))
    expect(stage.sandbox.counters().accounts[ALICE]?.["channels.getMessages"]?.calls).toBeGreaterThan(0)
  })

  it("repeats what was answered with 500, and what was delayed comes late", async () => {
    stage.sandbox.faults.add({ method: "upload.getFile", effect: { error: { code: 500, text: "INTERNAL" } } })
    stage.sandbox.faults.add({ method: "upload.getFile", nth: 2, effect: { delay: 300 } })
    expect(sha256(await downloadNumber(2))).toBe(original(2))
    expect(stage.sandbox.faults.list().map(({ struck }) => struck)).toEqual([1, 1])
  })

  it("downloads over a slow link, and through one on which nothing passed for a while", async () => {
    stage.sandbox.links.set({ account: ALICE, bytesPerSecond: { down: 4 * MEGABYTE } })
    expect(sha256(await downloadNumber(3))).toBe(original(3))
    stage.sandbox.links.clear()
    stage.sandbox.faults.add({ method: "upload.getFile", nth: 3, effect: { halfOpen: 500 } })
    expect(sha256(await downloadNumber(4))).toBe(original(4))
  })

  it("keeps to the protocol all the while, and prints no error", () => {
    expectClean(stage.sandbox.counters())
    expect(stage.errorLines).toEqual([])
  })
})
