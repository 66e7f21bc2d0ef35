import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { expectClean } from "../testing/expect-clean.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"
import { wholeHistory } from "../testing/whole-history.ts"

const ALICE = "15550001"
const BOB = "15550002"
const MESSAGES = 1500

let stage: Stage
let alice: TdlibProcess

beforeAll(async () => {
  stage = await Stage.start(
    {
      accounts: [
        { phone: ALICE, firstName: "Alice", premium: true },
        { phone: BOB, firstName: "Bob" },
      ],
      channels: [
        {
          name: "archive",
          kind: "channel",
          members: [ALICE],
          messages: [
            {
              repeat: MESSAGES,
              generate: { bytes: 1000, seed: "dragon {n}" },
              name: "dragon-{n}.zip",
              caption: "the dragon number {n}",
            },
          ],
        },
        { name: "club", kind: "supergroup", creator: ALICE, members: [BOB], messages: [{ text: "hello", from: BOB }] },
      ],
    },
    { pages: { shortness: 0.9, seed: 7 } },
  )
  alice = await stage.logIn(ALICE)
})
afterAll(() => stage[Symbol.asyncDispose]())

describe("With pages that are short at random, TDLib", () => {
  it("still gets every message of a history, each once and in order", async () => {
    const history = await wholeHistory(alice, stage.chatId("archive"))
    const ids = history.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a))
    expect(ids).toHaveLength(MESSAGES + 1)
  })

  it("still finds everything, each once", async () => {
    const ids: number[] = []
    for (let from = 0; ; ) {
      const page = await alice.invoke({
        _: "searchChatMessages",
        chat_id: stage.chatId("archive"),
        query: "dragon-1",
        from_message_id: from,
        offset: 0,
        limit: 100,
        filter: { _: "searchMessagesFilterDocument" },
      })
      ids.push(...page.messages.map(({ id }) => id))
      from = page.next_from_message_id
      if (from === 0) break
    }
    const expected = Array.from({ length: MESSAGES }, (_, index) => String(index + 1)).filter((n) => n.startsWith("1"))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(expected.length)
  })

  it("gets whole pages again once that is set", async () => {
    await stage.control("POST", "/pages", {})
    const page = await alice.invoke({
      _: "searchChatMessages",
      chat_id: stage.chatId("archive"),
      query: "dragon-2",
      from_message_id: 0,
      offset: 0,
      limit: 100,
    })
    expect(page.messages).toHaveLength(100)
  })
})

describe("In ordinary use TDLib", () => {
  it("calls nothing that the sandbox does not know", async () => {
    const [archive, club] = [stage.chatId("archive"), stage.chatId("club")]
    for (const chat_id of [archive, club]) {
      await alice.invoke({ _: "openChat", chat_id })
      const { messages } = await alice.invoke({
        _: "getChatHistory",
        chat_id,
        from_message_id: 0,
        offset: 0,
        limit: 20,
      })
      await alice.invoke({
        _: "viewMessages",
        chat_id,
        message_ids: messages.flatMap((message) => message?.id ?? []),
        source: { _: "messageSourceChatHistory" },
        force_read: true,
      })
      await alice.invoke({
        _: "getSupergroupFullInfo",
        supergroup_id: -chat_id - 1_000_000_000_000,
      })
      await alice.invoke({ _: "closeChat", chat_id })
    }
    await alice.invoke({
      _: "setChatDraftMessage",
      chat_id: club,
      draft_message: {
        _: "draftMessage",
        input_message_text: { _: "inputMessageText", text: { _: "formattedText", text: "later", entities: [] } },
      },
    })
    const path = join(stage.directory.path, "model.zip")
    await writeFile(path, "model")
    const sent = await alice.delivered(
      await alice.invoke({
        _: "sendMessage",
        chat_id: club,
        input_message_content: { _: "inputMessageDocument", document: { _: "inputFileLocal", path } },
      }),
    )
    await alice.invoke({ _: "getMessageLink", chat_id: club, message_id: sent, media_timestamp: 0 })
    await alice.invoke({ _: "deleteMessages", chat_id: club, message_ids: [sent], revoke: true })
    await alice.invoke({ _: "getContacts" })
    await alice.invoke({ _: "searchPublicChats", query: "dragon" })
    await alice.invoke({ _: "getMessageAvailableReactions", chat_id: club, message_id: 2 << 20, row_size: 8 })
    expect(stage.sandbox.counters().unknownMethods).toEqual({})
  })

  it("prints no error line, and the sandbox notes no defect and no violation", () => {
    expect(stage.errorLines).toEqual([])
    expectClean(stage.sandbox.counters())
  })
})
