import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type * as Td from "tdlib-types"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { expectClean } from "../testing/expect-clean.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"

const ALICE = "15550001"
const BOB = "15550002"

let stage: Stage
let alice: TdlibProcess
let bob: TdlibProcess

const formatted = (text: string) => ({ _: "formattedText", text, entities: [] }) as const
const textToSend = (text: string) => ({ _: "inputMessageText", text: formatted(text) }) as const

const send = async (chat: string, content: Td.InputMessageContent$Input, replyTo?: number): Promise<Td.message> => {
  const sent = await alice.invoke({
    _: "sendMessage",
    chat_id: stage.chatId(chat),
    input_message_content: content,
    ...(replyTo === undefined ? {} : { reply_to: { _: "inputMessageReplyToMessage", message_id: replyTo } }),
  })
  const message_id = await alice.delivered(sent)
  return alice.invoke({ _: "getMessage", chat_id: stage.chatId(chat), message_id })
}

const localFile = async (name: string, content: string): Promise<string> => {
  const path = join(stage.directory.path, name)
  await writeFile(path, content)
  return path
}

const document = (path: string, caption: string): Td.InputMessageContent$Input => ({
  _: "inputMessageDocument",
  document: { _: "inputFileLocal", path },
  caption: formatted(caption),
})

/** What Bob is told of a new message. */
const told = async (chat: string, id: number): Promise<Td.message> => {
  const update = await bob.update(
    (candidate): candidate is Td.updateNewMessage =>
      candidate._ === "updateNewMessage" &&
      candidate.message.id === id &&
      candidate.message.chat_id === stage.chatId(chat),
  )
  return update.message
}

const stateOf = (chat: string, tdlibId: number) =>
  stage.sandbox
    .state()
    .channels.find(({ name }) => name === chat)
    ?.messages.find((message) => message.tdlibId === tdlibId)

const fileOf = (message: Td.message | null | undefined): Td.file => {
  if (message?.content._ !== "messageDocument") throw new Error("no document")
  return message.content.document.document
}

beforeAll(async () => {
  stage = await Stage.start({
    accounts: [
      { phone: ALICE, firstName: "Alice" },
      { phone: BOB, firstName: "Bob" },
    ],
    channels: [
      {
        name: "source",
        kind: "channel",
        members: [ALICE, BOB],
        messages: [
          { generate: { bytes: 900, seed: 1 }, name: "dragon.zip", caption: "the dragon" },
          { generate: { bytes: 901, seed: 2 }, name: "a.zip", album: "pair", caption: "a" },
          { generate: { bytes: 902, seed: 3 }, name: "b.zip", album: "pair" },
        ],
      },
      { name: "secret", kind: "channel", members: [ALICE], protected: true, messages: [{ text: "not for others" }] },
      { name: "home", kind: "channel", creator: ALICE, members: [BOB] },
      { name: "club", kind: "supergroup", creator: ALICE, members: [BOB] },
    ],
  })
  ;[alice, bob] = await Promise.all([stage.logIn(ALICE), stage.logIn(BOB)])
})
afterAll(() => stage[Symbol.asyncDispose]())

describe("A reply", () => {
  it("names the message it answers, to its sender and to others", async () => {
    const question = await send("club", textToSend("how much?"))
    const answer = await send("club", textToSend("that much"), question.id)
    for (const message of [answer, await told("club", answer.id)]) {
      expect(message.reply_to).toMatchObject({ _: "messageReplyToMessage", message_id: question.id })
    }
  })
})

describe("An edit", () => {
  const isEdited = (id: number) => (update: Td.Update) => update._ === "updateMessageEdited" && update.message_id === id

  it("of a text arrives at others, with its date", async () => {
    const { id, chat_id } = await send("home", textToSend("a tpyo"))
    await told("home", id)
    const edited = await alice.invoke({
      _: "editMessageText",
      chat_id,
      message_id: id,
      input_message_content: textToSend("a typo"),
    })
    expect(edited.content).toMatchObject({ text: { text: "a typo" } })
    await bob.update(isEdited(id))
    expect((await bob.invoke({ _: "getMessage", chat_id, message_id: id })).content).toMatchObject({
      text: { text: "a typo" },
    })
    expect(edited.edit_date).toBeGreaterThan(0)
  })

  it("of a caption keeps the file", async () => {
    const { id, chat_id, ...sent } = await send("home", document(await localFile("c.zip", "c"), "before"))
    await alice.invoke({ _: "editMessageCaption", chat_id, message_id: id, caption: formatted("after") })
    const message = await bob.update(isEdited(id)).then(() => bob.invoke({ _: "getMessage", chat_id, message_id: id }))
    expect(message.content).toMatchObject({ caption: { text: "after" } })
    expect(fileOf(message).remote.unique_id).toBe(fileOf({ id, chat_id, ...sent }).remote.unique_id)
  })

  it("of the file brings another one", async () => {
    const { id, chat_id } = await send("home", document(await localFile("d.zip", "old"), "a file"))
    await alice.invoke({
      _: "editMessageMedia",
      chat_id,
      message_id: id,
      input_message_content: document(await localFile("e.zip", "newer"), "another"),
    })
    await bob.update(isEdited(id))
    expect(stateOf("home", id)).toMatchObject({ text: "another", file: { name: "e.zip", bytes: 5 } })
  })

  it("through the control interface reaches everybody", async () => {
    const { id, chat_id } = await send("home", textToSend("mine"))
    await told("home", id)
    await stage.control("POST", "/messages/edit", { channel: "home", message: id / 2 ** 20, text: "ours" })
    for (const tdlib of [alice, bob]) {
      await tdlib.update(
        (update) =>
          update._ === "updateMessageContent" &&
          update.message_id === id &&
          update.chat_id === chat_id &&
          update.new_content._ === "messageText" &&
          update.new_content.text.text === "ours",
      )
    }
  })

  it("of what nobody wrote is refused with its path", async () => {
    await expect(
      stage.control("POST", "/messages/edit", { channel: "home", message: 999, text: "ours" }),
    ).rejects.toThrow("message: Expected the id or label of a message that is there, found 999")
  })
})

describe("A forwarded message", () => {
  const forward = async (
    from: string,
    ids: readonly number[],
    options: { readonly send_copy?: boolean; readonly remove_caption?: boolean } = {},
  ) => {
    const { messages } = await alice.invoke({
      _: "forwardMessages",
      chat_id: stage.chatId("home"),
      from_chat_id: stage.chatId(from),
      message_ids: ids,
      ...options,
    })
    const sent = await Promise.all(messages.map((message) => message && alice.delivered(message)))
    return sent.flatMap((id) => id ?? [])
  }

  const newest = async (chat: string): Promise<readonly Td.message[]> => {
    const chat_id = stage.chatId(chat)
    const { messages } = await alice.invoke({
      _: "searchChatMessages",
      chat_id,
      from_message_id: 0,
      offset: 0,
      limit: 100,
    })
    return messages
  }

  it("has the same file and tells where it is from", async () => {
    const original = (await newest("source")).find(
      ({ content }) => content._ === "messageDocument" && content.caption.text === "the dragon",
    )
    const [id = 0] = await forward("source", [original?.id ?? 0])
    const message = await told("home", id)
    expect(fileOf(message).remote.unique_id).toBe(fileOf(original).remote.unique_id)
    expect(message.forward_info?.origin).toMatchObject({
      _: "messageOriginChannel",
      chat_id: stage.chatId("source"),
      message_id: original?.id,
    })
    expect(stateOf("home", id)?.file?.sha256).toBe(stateOf("source", original?.id ?? 0)?.file?.sha256)
  })

  it("tells nothing of its origin when it is sent as a copy, nor the caption when that is taken away", async () => {
    const original = (await newest("source")).find(
      ({ content }) => content._ === "messageDocument" && content.caption.text === "the dragon",
    )
    const [id = 0] = await forward("source", [original?.id ?? 0], { send_copy: true, remove_caption: true })
    const message = await told("home", id)
    expect(message.forward_info).toBeUndefined()
    expect(stateOf("home", id)).toMatchObject({ text: "", file: { name: "dragon.zip" } })
  })

  it("is an album where it was one", async () => {
    const pair = (await newest("source")).filter(({ media_album_id }) => media_album_id !== "0").map(({ id }) => id)
    const ids = await forward(
      "source",
      pair.toSorted((a, b) => a - b),
    )
    const albums = await Promise.all(ids.map(async (id) => (await told("home", id)).media_album_id))
    expect(new Set(albums).size).toBe(1)
    expect(albums[0]).not.toBe("0")
  })

  it("cannot come from a chat that is protected", async () => {
    const [original] = await newest("secret")
    await expect(forward("secret", [original?.id ?? 0])).rejects.toThrow()
  })
})

describe("Sending a file that is on the server, by its remote id,", () => {
  it("uploads nothing", async () => {
    const first = await send("home", document(await localFile("f.zip", "remote"), "first"))
    const before = stage.sandbox.counters().accounts[ALICE]?.["upload.saveFilePart"]?.calls
    const again = await send("home", {
      _: "inputMessageDocument",
      document: { _: "inputFileRemote", id: fileOf(first).remote.id },
      caption: formatted("again"),
    })
    expect(fileOf(again).remote.unique_id).toBe(fileOf(first).remote.unique_id)
    expect(stage.sandbox.counters().accounts[ALICE]?.["upload.saveFilePart"]?.calls).toBe(before)
  })
})

describe("A pinned message", () => {
  it("is told to others, found by the filter, and can be taken off", async () => {
    const { id, chat_id } = await send("club", textToSend("read this"))
    const isPinned = (is: boolean) => (update: Td.Update) =>
      update._ === "updateMessageIsPinned" && update.message_id === id && update.is_pinned === is
    await told("club", id)
    await alice.invoke({ _: "pinChatMessage", chat_id, message_id: id })
    await bob.update(isPinned(true))
    expect((await bob.invoke({ _: "getChatPinnedMessage", chat_id })).id).toBe(id)
    await alice.invoke({ _: "unpinChatMessage", chat_id, message_id: id })
    await bob.update(isPinned(false))
  })

  it("may be pinned by the control interface, and all taken off by an administrator", async () => {
    const { id, chat_id } = await send("club", textToSend("and this"))
    await stage.control("POST", "/messages/pin", { channel: "club", messages: [id / 2 ** 20] })
    await alice.update((update) => update._ === "updateMessageIsPinned" && update.message_id === id)
    await alice.invoke({ _: "unpinAllChatMessages", chat_id })
    await bob.update((update) => update._ === "updateMessageIsPinned" && update.message_id === id && !update.is_pinned)
  })
})

describe("Messages posted together by the control interface", () => {
  it("arrive as one album, and may reply to each other", async () => {
    const { messages } = (await stage.control("POST", "/messages/together", {
      channel: "source",
      messages: [
        { photo: { generate: { width: 400, height: 300, seed: "p" } }, album: "live", label: "picture" },
        { photo: { generate: { width: 400, height: 300, seed: "q" } }, album: "live" },
        { generate: { bytes: 9, seed: 9 }, name: "live.zip", replyTo: "picture" },
      ],
    })) as { readonly messages: readonly { readonly tdlibId: number }[] }
    const [first, second, third] = await Promise.all(messages.map(({ tdlibId }) => told("source", tdlibId)))
    expect(first?.media_album_id).toBe(second?.media_album_id)
    expect(first?.media_album_id).not.toBe("0")
    expect(third?.reply_to).toMatchObject({ message_id: first?.id })
  })

  it("are deleted by it as well", async () => {
    const { messages } = (await stage.control("POST", "/messages/together", {
      channel: "source",
      messages: [{ text: "short-lived", label: "gone" }],
    })) as { readonly messages: readonly { readonly tdlibId: number }[] }
    const id = messages[0]?.tdlibId ?? 0
    await told("source", id)
    await stage.control("POST", "/messages/delete", { channel: "source", messages: ["gone"] })
    await bob.update(
      (update) => update._ === "updateDeleteMessages" && update.is_permanent && update.message_ids.includes(id),
    )
  })

  it("are refused with the place of the mistake", async () => {
    await expect(
      stage.control("POST", "/messages/together", {
        channel: "source",
        messages: [{ text: "a" }, { text: "b", replyTo: "c" }],
      }),
    ).rejects.toThrow("messages[1].replyTo: Expected the label or number of an earlier message, found c")
  })
})

it("TDLib prints no error line, and the sandbox notes no defect and no violation", () => {
  expect(stage.errorLines).toEqual([])
  expectClean(stage.sandbox.counters())
})
