import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"

const ALICE = "15550001"
const CHATS = 1000

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: Array.from({ length: CHATS }, (_, index) => ({
    name: `chat ${index}`,
    kind: index % 2 === 0 ? ("channel" as const) : ("supergroup" as const),
    members: [ALICE],
    // Many have the same date, which is what paging by date has to get over.
    messages: [{ text: `text ${index}`, date: 1_700_000_000 + (index % 3) }],
  })),
}

describe("An account with a thousand chats", () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await Stage.start(world)
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it("has all of them in TDLib's main list, in few calls", async () => {
    const alice = await stage.logIn(ALICE)
    const { chat_ids: ids } = await alice.invoke({ _: "getChats", chat_list: { _: "chatListMain" }, limit: 2 * CHATS })
    expect(new Set(ids).size).toBe(CHATS)
    const { calls } = stage.sandbox.counters().accounts[ALICE]?.["messages.getDialogs"] ?? { calls: 0 }
    expect(calls).toBeLessThanOrEqual(CHATS / 100 + 5)
    expect(alice.errorLines).toEqual([])
  })
})
