import type * as Td from "tdlib-types"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"

const ALICE = "15550001"
const BOB = "15550002"

const world: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice" },
    { phone: BOB, firstName: "Bob" },
  ],
  channels: [
    {
      name: "workshop",
      kind: "supergroup",
      creator: ALICE,
      members: [BOB],
      forum: true,
      topics: [
        { name: "dragons", title: "Dragons" },
        { name: "castles", closed: true },
        ...Array.from({ length: 120 }, (_, index) => ({ name: `topic ${index}` })),
      ],
      messages: [
        { text: "welcome" },
        ...Array.from({ length: 30 }, (_, index) => ({
          generate: { bytes: 100, seed: index },
          name: `dragon-${index}.zip`,
          topic: index % 3 === 0 ? "dragons" : "castles",
        })),
        { text: "a text about dragons", topic: "dragons" },
      ],
    },
  ],
}

const textOf = (message: Td.message): string => {
  const { content } = message
  if (content._ === "messageText") return content.text.text
  return content._ === "messageDocument" ? content.document.file_name : content._
}

describe("A forum in front of TDLib", () => {
  let stage: Stage
  let alice: TdlibProcess
  let bob: TdlibProcess
  let chatId: number

  const topicsOf = async (tdlib: TdlibProcess): Promise<Td.forumTopic[]> => {
    const found: Td.forumTopic[] = []
    let offset = { offset_date: 0, offset_message_id: 0, offset_forum_topic_id: 0 }
    for (;;) {
      const page = await tdlib.invoke({ _: "getForumTopics", chat_id: chatId, query: "", ...offset, limit: 100 })
      if (page.topics.length === 0) return found
      found.push(...page.topics)
      offset = {
        offset_date: page.next_offset_date,
        offset_message_id: page.next_offset_message_id,
        offset_forum_topic_id: page.next_offset_forum_topic_id,
      }
    }
  }

  const topicId = async (name: string): Promise<number> => {
    const topic = (await topicsOf(alice)).find(({ info }) => info.name === name)
    if (topic === undefined) throw new Error(`no topic ${name}`)
    return topic.info.forum_topic_id
  }

  const inTopic = (id: number) => ({ _: "messageTopicForum", forum_topic_id: id }) as const

  const search = async (tdlib: TdlibProcess, id: number, query = ""): Promise<string[]> => {
    const found: string[] = []
    for (let from = 0; ; ) {
      const page = await tdlib.invoke({
        _: "searchChatMessages",
        chat_id: chatId,
        topic_id: inTopic(id),
        query,
        from_message_id: from,
        offset: 0,
        limit: 100,
        filter: { _: query === "" ? "searchMessagesFilterDocument" : "searchMessagesFilterEmpty" },
      })
      found.push(...page.messages.map(textOf))
      from = page.next_from_message_id
      if (from === 0) return found
    }
  }

  beforeAll(async () => {
    stage = await Stage.start(world)
    chatId = stage.chatId("workshop")
    ;[alice, bob] = await Promise.all([stage.logIn(ALICE), stage.logIn(BOB)])
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it("is a forum with every topic once over the pages, General among them", async () => {
    const topics = await topicsOf(alice)
    const names = topics.map(({ info }) => info.name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBe(123)
    expect(names.slice(0, 2)).toEqual(["Dragons", "castles"])
    expect(topics.find(({ info }) => info.is_general)?.info).toMatchObject({ name: "General", forum_topic_id: 1 })
    expect(topics.find(({ info }) => info.name === "castles")?.info.is_closed).toBe(true)
  })

  it("finds the documents of one topic alone, and its text", async () => {
    const dragons = await topicId("Dragons")
    expect(await search(bob, dragons)).toEqual(Array.from({ length: 10 }, (_, index) => `dragon-${27 - index * 3}.zip`))
    expect(await search(bob, dragons, "about")).toEqual(["a text about dragons"])
    expect(await search(bob, 1)).toEqual([])
  })

  it("tells of every message which topic it is in", async () => {
    const history = await bob.invoke({
      _: "getChatHistory",
      chat_id: chatId,
      from_message_id: 0,
      offset: 0,
      limit: 3,
      only_local: false,
    })
    const dragons = await topicId("Dragons")
    const castles = await topicId("castles")
    const full = await bob.invoke({
      _: "getChatHistory",
      chat_id: chatId,
      from_message_id: history.messages.at(-1)?.id ?? 0,
      offset: -10,
      limit: 20,
      only_local: false,
    })
    const topicOf = new Map(full.messages.map((message) => [message && textOf(message), message?.topic_id]))
    expect(topicOf.get("a text about dragons")).toEqual(inTopic(dragons))
    expect(topicOf.get("dragon-29.zip")).toEqual(inTopic(castles))
  })

  it("shows the history of a topic", async () => {
    const dragons = await topicId("Dragons")
    const texts: string[] = []
    for (let from = 0; ; ) {
      const page = await bob.invoke({
        _: "getForumTopicHistory",
        chat_id: chatId,
        forum_topic_id: dragons,
        from_message_id: from,
        offset: 0,
        limit: 50,
      })
      const messages = page.messages.flatMap((message) => message ?? [])
      if (messages.length === 0) break
      texts.push(...messages.map(textOf))
      from = messages.at(-1)?.id ?? 0
    }
    expect(texts.slice(0, 2)).toEqual(["a text about dragons", "dragon-27.zip"])
    expect(texts.length).toBe(12)
  })

  it("takes a message into a topic, where others see it", async () => {
    const dragons = await topicId("Dragons")
    const sent = await bob.invoke({
      _: "sendMessage",
      chat_id: chatId,
      topic_id: inTopic(dragons),
      input_message_content: { _: "inputMessageText", text: { _: "formattedText", text: "into the topic" } },
    })
    const id = await bob.delivered(sent)
    const update = await alice.update(
      (candidate): candidate is Td.updateNewMessage =>
        candidate._ === "updateNewMessage" && candidate.message.id === id,
    )
    expect([textOf(update.message), update.message.topic_id]).toEqual(["into the topic", inTopic(dragons)])
  })

  it("refuses what a member sends to a closed topic", async () => {
    const sent = bob.invoke({
      _: "sendMessage",
      chat_id: chatId,
      topic_id: inTopic(await topicId("castles")),
      input_message_content: { _: "inputMessageText", text: { _: "formattedText", text: "too late" } },
    })
    await expect(sent.then((message) => bob.delivered(message))).rejects.toThrow("TOPIC_CLOSED")
  })

  it("gets a new topic, which is then renamed, closed and deleted", async () => {
    const created = await alice.invoke({
      _: "createForumTopic",
      chat_id: chatId,
      name: "Towers",
      icon: { _: "forumTopicIcon", color: 0x6fb9f0, custom_emoji_id: "0" },
    })
    const id = created.forum_topic_id
    const told = (accepts: (info: Td.forumTopicInfo) => boolean) =>
      bob.update(
        (update): update is Td.updateForumTopicInfo =>
          update._ === "updateForumTopicInfo" && update.info.forum_topic_id === id && accepts(update.info),
      )
    await alice.invoke({
      _: "editForumTopic",
      chat_id: chatId,
      forum_topic_id: id,
      name: "Keeps",
      edit_icon_custom_emoji: false,
    })
    await alice.invoke({ _: "toggleForumTopicIsClosed", chat_id: chatId, forum_topic_id: id, is_closed: true })
    await bob.invoke({ _: "getForumTopic", chat_id: chatId, forum_topic_id: id })
    await told((info) => info.name === "Keeps" && info.is_closed)
    await alice.invoke({ _: "deleteForumTopic", chat_id: chatId, forum_topic_id: id })
    expect((await topicsOf(bob)).map(({ info }) => info.name)).not.toContain("Keeps")
  })

  it("makes TDLib print no error", () => expect(stage.errorLines).toEqual([]))
})
