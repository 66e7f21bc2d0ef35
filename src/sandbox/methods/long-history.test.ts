import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"

const ALICE = "15550001"
const MESSAGES = 100_000
const ONE_MESSAGE = 2 ** 20
const PAGE = 100

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: [
    { name: "long", kind: "channel", members: [ALICE], messages: [{ text: "message {n}", repeat: MESSAGES }] },
  ],
}

describe("A channel with a hundred thousand messages", () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await Stage.start(world)
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it("is read anywhere in a few calls, whether at its new or at its old end", async () => {
    const alice = await stage.logIn(ALICE)
    const { chat_ids: ids } = await alice.invoke({ _: "getChats", chat_list: { _: "chatListMain" }, limit: 10 })
    const chatId = ids[0] ?? 0
    const newest = stage.sandbox.state().channels[0]?.messages.at(-1)
    expect(newest?.text).toMatch(/^message \d+$/)
    const calls = () => stage.sandbox.counters().accounts[ALICE]?.["messages.getHistory"]?.calls ?? 0
    for (const depth of [1000, 50_000, 99_000]) {
      const before = calls()
      const from = (newest?.id ?? 0) - depth
      const request = { _: "getChatHistory", chat_id: chatId, offset: 0, limit: PAGE, only_local: false } as const
      const page = await alice.invoke({ ...request, from_message_id: from * ONE_MESSAGE })
      const found = page.messages.map((message) => (message?.id ?? 0) / ONE_MESSAGE)
      // TDLib may be content with a part of a page.
      expect(found.length).toBeGreaterThan(0)
      expect(found).toEqual(Array.from({ length: found.length }, (_, index) => (found[0] ?? 0) - index))
      expect(found[0]).toBeLessThanOrEqual(from)
      expect(calls() - before).toBeLessThanOrEqual(8)
    }
    expect(alice.errorLines).toEqual([])
  })
})
