import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { TlObject } from "./protocol/tl-types.ts"
import type { World } from "./sandbox.ts"
import { generatedContent } from "./state/content.ts"
import { expectClean } from "./testing/expect-clean.ts"
import { MtprotoClient } from "./testing/mtproto-client.ts"
import { Stage } from "./testing/stage.ts"
import type { TdlibProcess } from "./testing/tdlib-process.ts"

const ALICE = "15550001"
const BYTES = 3 * 2 ** 20

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [ALICE],
      messages: [
        { generate: { bytes: BYTES, seed: "far" }, name: "far.zip", dc: 4, label: "far" },
        { photo: { generate: { width: 320, height: 200, seed: 1 } }, dc: 2 },
      ],
    },
  ],
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

describe("A file on another data centre", () => {
  let stage: Stage
  let tdlib: TdlibProcess

  beforeAll(async () => {
    stage = await Stage.start(world)
    tdlib = await stage.logIn(ALICE)
  }, 60_000)
  afterAll(() => stage[Symbol.asyncDispose]())

  it("is downloaded by a client that takes its login there, and is still the same login", async () => {
    const { messages } = await tdlib.invoke({
      _: "searchChatMessages",
      chat_id: stage.chatId("source"),
      query: "",
      from_message_id: 0,
      offset: 0,
      limit: 10,
      filter: { _: "searchMessagesFilterEmpty" },
    })
    const files = messages.flatMap((message) =>
      message?.content._ === "messageDocument"
        ? [message.content.document.document]
        : message?.content._ === "messagePhoto"
          ? message.content.photo.sizes.slice(-1).map((size) => size.photo)
          : [],
    )
    const downloads = await Promise.all(
      files.map(async ({ id }) => {
        const file = await tdlib.invoke({
          _: "downloadFile",
          file_id: id,
          priority: 1,
          offset: 0,
          limit: 0,
          synchronous: true,
        })
        return sha256(await readFile(file.local.path))
      }),
    )
    expect(downloads).toHaveLength(2)
    expect(downloads).toContain(sha256(generatedContent(BYTES, "far").read(0, BYTES)))
    const { accounts } = stage.sandbox.counters()
    expect(accounts[""]?.["auth.importAuthorization"]).toMatchObject({ calls: 2, errors: 0 })
    expect(accounts[ALICE]?.["auth.exportAuthorization"]).toMatchObject({ calls: 2, errors: 0 })
    expect(stage.sandbox.state().accounts[0]?.sessions).toBe(1)
    expectClean(stage.sandbox.counters())
    expect(tdlib.errorLines).toEqual([])
  })

  it("is not opened by a login that somebody made up", async () => {
    using client = await MtprotoClient.connect(stage.sandbox.endpoint)
    const request = { _: "auth.importAuthorization", id: 1_000_001n, bytes: Buffer.alloc(40, 1) } as TlObject
    expect(await client.ask(request)).toMatchObject({ errorCode: 400, errorMessage: "AUTH_BYTES_INVALID" })
  })
})
