import type * as Td from "tdlib-types"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { expectClean } from "../testing/expect-clean.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"
import { wholeHistory } from "../testing/whole-history.ts"

const ALICE = "15550001"

let stage: Stage
let alice: TdlibProcess

const control = (path: string, body: object): Promise<unknown> => stage.control("POST", path, body)

interface Posted {
  readonly messages: readonly { readonly id: number; readonly tdlibId: number }[]
}

const post = async (texts: readonly string[]): Promise<readonly number[]> => {
  const messages = texts.map((text) => ({ text }))
  const posted = (await control("/messages/together", { channel: "news", messages })) as Posted
  return posted.messages.map(({ tdlibId }) => tdlibId)
}

const serverId = (tdlibId: number): number => tdlibId / 2 ** 20

const textOf = (message: Td.message): string =>
  message.content._ === "messageText" ? message.content.text.text : message.content._

/** The texts that the sandbox has, newest first. */
const textsThere = (): readonly string[] => {
  const channel = stage.sandbox.state().channels.find(({ name }) => name === "news")
  return (channel?.messages ?? []).flatMap(({ deleted, text }) => (deleted ? [] : [text])).toReversed()
}

/** The texts that TDLib shows, newest first, without the message that the channel began with. */
const textsShown = async (): Promise<readonly string[]> =>
  (await wholeHistory(alice, stage.chatId("news"))).map(textOf).slice(0, -1)

const isNewMessage = (text: string) => (update: Td.Update) =>
  update._ === "updateNewMessage" && textOf(update.message) === text

const waitForLast = (text: string) =>
  alice.update((update) =>
    update._ === "updateChatLastMessage"
      ? update.last_message !== undefined && textOf(update.last_message) === text
      : false,
  )

beforeAll(async () => {
  stage = await Stage.start({
    accounts: [{ phone: ALICE, firstName: "Alice" }],
    channels: [
      { name: "news", kind: "channel", members: [ALICE], messages: [{ repeat: 40, text: "old {n}" }] },
      { name: "quiet", kind: "channel", members: [ALICE], messages: [{ text: "nothing happens here" }] },
    ],
  })
  alice = await stage.logIn(ALICE)
})
afterAll(() => stage[Symbol.asyncDispose]())

/** Two ways of missing what happens. */
const ABSENCES = [
  {
    way: "was closed",
    leave: () => alice.close(),
    comeBack: async () => {
      alice = stage.open(ALICE)
      await alice.authorization("authorizationStateReady")
    },
  },
  {
    way: "had no network",
    leave: async () => {
      await alice.invoke({ _: "setNetworkType", type: { _: "networkTypeNone" } })
    },
    comeBack: async () => {
      await alice.invoke({ _: "setNetworkType", type: { _: "networkTypeOther" } })
    },
  },
] as const

describe.each(ABSENCES)("A TDLib that $way for a while", ({ way, leave, comeBack }) => {
  beforeEach(async () => {
    await wholeHistory(alice, stage.chatId("news"))
  })

  it("learns of new, edited, pinned and deleted messages", async () => {
    const [first = 0, second = 0, third = 0] = await post([`${way} 1`, `${way} 2`, `${way} 3`])
    await alice.update(isNewMessage(`${way} 3`))
    await leave()
    await control("/messages/edit", { channel: "news", message: serverId(first), text: `${way} 1, edited` })
    await control("/messages/delete", { channel: "news", messages: [serverId(second)] })
    await control("/messages/pin", { channel: "news", messages: [serverId(third)] })
    const [fourth = 0] = await post([`${way} 4`])
    await control("/messages/edit", { channel: "news", message: serverId(fourth), text: `${way} 4, edited` })
    await comeBack()
    await waitForLast(`${way} 4, edited`)
    expect(await textsShown()).toEqual(textsThere())
    const get = (message_id: number) => alice.invoke({ _: "getMessage", chat_id: stage.chatId("news"), message_id })
    expect((await get(third)).is_pinned).toBe(true)
    expect(textOf(await get(first))).toBe(`${way} 1, edited`)
    await expect(get(second)).rejects.toThrow()
  })

  it("learns of more than one slice of messages, each once", async () => {
    const before = stage.sandbox.counters().accounts[ALICE]?.["updates.getChannelDifference"]?.calls ?? 0
    await leave()
    const texts = Array.from({ length: 350 }, (_, index) => `${way}, many ${index}`)
    await post(texts)
    await comeBack()
    await waitForLast(`${way}, many 349`)
    expect(await textsShown()).toEqual(textsThere())
    const after = stage.sandbox.counters().accounts[ALICE]?.["updates.getChannelDifference"]?.calls ?? 0
    expect(after - before).toBeGreaterThanOrEqual(2)
  })

  it("pages through what it missed when that was too long to be told", async () => {
    await leave()
    await post(Array.from({ length: 700 }, (_, index) => `${way}, too many ${index}`))
    await post(Array.from({ length: 500 }, (_, index) => `${way}, far too many ${index}`))
    await comeBack()
    await waitForLast(`${way}, far too many 499`)
    expect(await textsShown()).toEqual(textsThere())
  })

  it("is told nothing of a channel where nothing happened", async () => {
    const history = await wholeHistory(alice, stage.chatId("quiet"))
    expect(history.map(textOf).slice(0, -1)).toEqual(["nothing happens here"])
  })
})

it("TDLib prints no error line, and the sandbox notes no defect and no violation", () => {
  expect(stage.errorLines).toEqual([])
  expectClean(stage.sandbox.counters())
})
