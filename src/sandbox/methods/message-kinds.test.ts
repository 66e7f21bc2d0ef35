import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type * as Td from "tdlib-types"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { jpegOf } from "../state/jpeg.ts"
import { pictureOf } from "../state/picture.ts"
import { expectClean } from "../testing/expect-clean.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"
import { wholeHistory } from "../testing/whole-history.ts"

const ALICE = "15550001"
const BOB = "15550002"

let stage: Stage
let alice: TdlibProcess

/** The whole history of a chat, newest first. */
const history = (chat: string): Promise<readonly Td.message[]> => wholeHistory(alice, stage.chatId(chat))

const download = async (file: Td.file): Promise<Buffer> => {
  const request = { _: "downloadFile", file_id: file.id, priority: 1, offset: 0, limit: 0, synchronous: true } as const
  return readFile((await alice.invoke(request)).local.path)
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

beforeAll(async () => {
  stage = await Stage.start({
    accounts: [
      { phone: ALICE, firstName: "Alice" },
      { phone: BOB, firstName: "Bob" },
    ],
    channels: [
      {
        name: "pictures",
        kind: "channel",
        members: [ALICE],
        messages: [
          { photo: { generate: { width: 1280, height: 960, seed: "dragon" } }, caption: "a dragon" },
          {
            generate: { bytes: 5000, seed: 1 },
            name: "dragon.zip",
            thumbnail: { generate: { width: 640, height: 480, seed: "cover" } },
          },
        ],
      },
      {
        name: "talk",
        kind: "supergroup",
        admins: [ALICE],
        members: [BOB],
        messages: [
          { text: "a question", from: BOB, label: "question" },
          { text: "an answer", from: ALICE, replyTo: "question" },
          { text: "another answer", replyTo: 0, edited: 1_800_000_000 },
          { service: { title: "Better talk" }, from: BOB },
          { service: { joined: BOB } },
          { service: { photo: { generate: { width: 640, height: 640, seed: "chat" } } }, from: ALICE },
          { text: "look at https://example.org/dragon.", label: "link", pinned: true },
          { service: { pinned: "link" }, from: ALICE },
          { generate: { bytes: 700, seed: 2 }, name: "clip.mp4", as: "video" },
          { generate: { bytes: 700, seed: 3 }, name: "song.mp3", as: "music" },
          { generate: { bytes: 700, seed: 4 }, name: "note.ogg", as: "voice" },
          { generate: { bytes: 700, seed: 5 }, name: "loop.mp4", as: "gif" },
          { generate: { bytes: 700, seed: 6 }, name: "model.stl" },
          { forward: { channel: "talk", message: "question" } },
        ],
      },
    ],
  })
  alice = await stage.logIn(ALICE)
})
afterAll(() => stage[Symbol.asyncDispose]())

describe("A photo", () => {
  it("has its sizes and the small one that comes with the message", async () => {
    const message = (await history("pictures")).find(({ content }) => content._ === "messagePhoto")
    if (message?.content._ !== "messagePhoto") throw new Error("no photo")
    const { photo } = message.content
    expect(photo.sizes.map(({ type, width, height }) => [type, width, height])).toEqual([
      ["m", 320, 240],
      ["x", 800, 600],
      ["y", 1280, 960],
    ])
    expect([photo.minithumbnail?.width, photo.minithumbnail?.height]).toEqual([40, 30])
  })

  it("is downloaded in each size as an image of that size", async () => {
    const message = (await history("pictures")).find(({ content }) => content._ === "messagePhoto")
    if (message?.content._ !== "messagePhoto") throw new Error("no photo")
    for (const { photo, width, height } of message.content.photo.sizes) {
      expect(sha256(await download(photo))).toBe(sha256(jpegOf(pictureOf("dragon"), width, height)))
    }
  })
})

describe("A document", () => {
  it("has a thumbnail that is downloaded apart from it", async () => {
    const message = (await history("pictures")).find(({ content }) => content._ === "messageDocument")
    if (message?.content._ !== "messageDocument") throw new Error("no document")
    const { thumbnail, minithumbnail, document } = message.content.document
    if (thumbnail === undefined) throw new Error("no thumbnail")
    expect(sha256(await download(thumbnail.file))).toBe(sha256(jpegOf(pictureOf("cover"), 320, 240)))
    expect((await download(document)).length).toBe(5000)
    expect(minithumbnail).toBeDefined()
  })

  it("keeps the thumbnail that its client gave", async () => {
    const [path, cover] = [join(stage.directory.path, "model.zip"), join(stage.directory.path, "cover.jpg")]
    const picture = jpegOf(pictureOf("uploaded"), 320, 200)
    await Promise.all([writeFile(path, "not really a zip"), writeFile(cover, picture)])
    const id = await alice.delivered(
      await alice.invoke({
        _: "sendMessage",
        chat_id: stage.chatId("talk"),
        input_message_content: {
          _: "inputMessageDocument",
          document: { _: "inputFileLocal", path },
          thumbnail: { _: "inputThumbnail", thumbnail: { _: "inputFileLocal", path: cover }, width: 320, height: 200 },
        },
      }),
    )
    const bob = await stage.logIn(BOB)
    const message = await bob.invoke({ _: "getMessage", chat_id: stage.chatId("talk"), message_id: id })
    if (message.content._ !== "messageDocument") throw new Error("no document")
    expect(message.content.document.thumbnail).toMatchObject({ width: 320, height: 200 })
  })
})

describe("The messages of a world", () => {
  const contents = async () => (await history("talk")).toReversed()

  it("reply to earlier ones, by label or number", async () => {
    const [, question, ...answers] = await contents()
    expect(answers.slice(0, 2).map(({ reply_to }) => reply_to)).toMatchObject(
      [1, 2].map(() => ({ _: "messageReplyToMessage", message_id: question?.id })),
    )
  })

  it("tell when they were edited", async () => {
    expect((await contents())[3]?.edit_date).toBe(1_800_000_000)
  })

  it("tell what happened to the chat", async () => {
    expect((await contents()).map(({ content }) => content._)).toEqual(
      expect.arrayContaining([
        "messageChatChangeTitle",
        "messageChatAddMembers",
        "messageChatChangePhoto",
        "messagePinMessage",
      ]),
    )
  })

  it("are shown as what the world says", async () => {
    expect((await contents()).map(({ content }) => content._)).toEqual(
      expect.arrayContaining([
        "messageVideo",
        "messageAudio",
        "messageVoiceNote",
        "messageAnimation",
        "messageDocument",
      ]),
    )
  })

  it("forward others", async () => {
    const forwarded = (await contents()).find(({ forward_info }) => forward_info !== undefined)
    expect(forwarded?.forward_info?.origin._).toBe("messageOriginUser")
    expect(forwarded?.content).toMatchObject({ text: { text: "a question" } })
  })
})

describe("A search", () => {
  const found = async (filter: Td.SearchMessagesFilter$Input["_"], query = ""): Promise<string[]> => {
    const { messages } = await alice.invoke({
      _: "searchChatMessages",
      chat_id: stage.chatId("talk"),
      query,
      from_message_id: 0,
      offset: 0,
      limit: 100,
      filter: { _: filter },
    })
    return messages.map(({ content }) => content._)
  }

  it.each([
    ["searchMessagesFilterVideo", ["messageVideo"]],
    ["searchMessagesFilterAudio", ["messageAudio"]],
    ["searchMessagesFilterVoiceNote", ["messageVoiceNote"]],
    ["searchMessagesFilterVoiceAndVideoNote", ["messageVoiceNote"]],
    ["searchMessagesFilterAnimation", ["messageAnimation"]],
    ["searchMessagesFilterPhotoAndVideo", ["messageVideo"]],
    ["searchMessagesFilterUrl", ["messageText"]],
    ["searchMessagesFilterChatPhoto", ["messageChatChangePhoto"]],
    ["searchMessagesFilterPinned", ["messageText"]],
    ["searchMessagesFilterVideoNote", []],
  ] as const)("with %s finds those messages alone", async (filter, expected) => {
    expect(await found(filter)).toEqual(expected)
  })

  it("counts what each filter finds", async () => {
    const { count } = await alice.invoke({
      _: "getChatMessageCount",
      chat_id: stage.chatId("talk"),
      filter: { _: "searchMessagesFilterVideo" },
      return_local: false,
    })
    expect(count).toBe(1)
  })

  it("by sender finds those of that account", async () => {
    const { id } = await alice.invoke({ _: "getMe" })
    const { messages } = await alice.invoke({
      _: "searchChatMessages",
      chat_id: stage.chatId("talk"),
      query: "answer",
      sender_id: { _: "messageSenderUser", user_id: id },
      from_message_id: 0,
      offset: 0,
      limit: 100,
    })
    expect(messages.map(({ content }) => content._ === "messageText" && content.text.text)).toEqual(["an answer"])
  })

  it("in all chats finds messages of each", async () => {
    const { messages } = await alice.invoke({
      _: "searchMessages",
      query: "a",
      offset: "",
      limit: 100,
      min_date: 0,
      max_date: 0,
    })
    expect(new Set(messages.map(({ chat_id }) => chat_id))).toEqual(
      new Set([stage.chatId("pictures"), stage.chatId("talk")]),
    )
  })

  it("for days and for places in a list finds each message once", async () => {
    const query = { chat_id: stage.chatId("talk"), filter: { _: "searchMessagesFilterVideo" } } as const
    const calendar = await alice.invoke({ _: "getChatMessageCalendar", ...query, from_message_id: 0 })
    expect(calendar.days.map(({ total_count }) => total_count)).toEqual([1])
    const { positions } = await alice.invoke({
      _: "getChatSparseMessagePositions",
      ...query,
      from_message_id: 2 ** 50,
      limit: 100,
      saved_messages_topic_id: 0,
    })
    expect(positions).toHaveLength(1)
  })

  it("for a date finds the newest message before it", async () => {
    const newest = (await history("pictures"))[0]
    const request = { _: "getChatMessageByDate", chat_id: stage.chatId("pictures"), date: newest?.date ?? 0 } as const
    expect((await alice.invoke(request)).id).toBe(newest?.id)
  })
})

it("TDLib prints no error line, and the sandbox notes no defect and no violation", () => {
  expect(stage.errorLines).toEqual([])
  expectClean(stage.sandbox.counters())
})
