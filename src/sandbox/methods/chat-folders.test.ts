import type * as Td from "tdlib-types"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"

const ALICE = "15550001"

const world: World = {
  accounts: [
    {
      phone: ALICE,
      firstName: "Alice",
      folders: [
        { title: "Models", channels: ["a", "b"] },
        { title: "Other", channels: ["c"] },
      ],
    },
  ],
  channels: ["a", "b", "c", "d"].map((name, index) => ({
    name,
    kind: "channel" as const,
    members: [ALICE],
    messages: [{ text: `in ${name}`, date: 1_700_000_000 + index }],
    ...(name === "d" ? { archived: [ALICE] } : {}),
  })),
}

describe("The lists of chats in front of TDLib", () => {
  let stage: Stage
  let alice: TdlibProcess

  const namesIn = async (tdlib: TdlibProcess, list: Td.ChatList$Input): Promise<readonly string[]> => {
    for (;;) {
      try {
        await tdlib.invoke({ _: "loadChats", chat_list: list, limit: 100 })
      } catch (error) {
        if (error instanceof Error && error.message === "Not Found") break
        throw error
      }
    }
    const { chat_ids: ids } = await tdlib.invoke({ _: "getChats", chat_list: list, limit: 100 })
    const chats = await Promise.all(ids.map((id) => tdlib.invoke({ _: "getChat", chat_id: id })))
    return chats.map(({ title }) => title)
  }

  const foldersOf = async (tdlib: TdlibProcess, accepts: (titles: readonly string[]) => boolean) => {
    const titlesOf = (update: Td.updateChatFolders) => update.chat_folders.map(({ name }) => name.text.text)
    const update = await tdlib.update(
      (candidate): candidate is Td.updateChatFolders =>
        candidate._ === "updateChatFolders" && accepts(titlesOf(candidate)),
    )
    return new Map(update.chat_folders.map(({ name, id }) => [name.text.text, id]))
  }

  beforeAll(async () => {
    stage = await Stage.start(world)
    alice = await stage.logIn(ALICE)
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it("keep the archived chats apart", async () => {
    expect(await namesIn(alice, { _: "chatListMain" })).toEqual(["c", "b", "a"])
    expect(await namesIn(alice, { _: "chatListArchive" })).toEqual(["d"])
  })

  it("move a chat to the archive and back, also for another client of the account", async () => {
    const other = await stage.logIn(ALICE, "other")
    const chat_id = stage.chatId("a")
    const moved = (list: Td.ChatList["_"]) =>
      other.update(
        (update) =>
          update._ === "updateChatPosition" &&
          update.chat_id === chat_id &&
          update.position.list._ === list &&
          update.position.order !== "0",
      )
    await moved("chatListMain")
    await alice.invoke({ _: "addChatToList", chat_id, chat_list: { _: "chatListArchive" } })
    await moved("chatListArchive")
    expect(await namesIn(alice, { _: "chatListArchive" })).toEqual(["d", "a"])
    await alice.invoke({ _: "addChatToList", chat_id, chat_list: { _: "chatListMain" } })
    expect(await namesIn(alice, { _: "chatListArchive" })).toEqual(["d"])
  })

  it("show the chats of each folder", async () => {
    const folders = await foldersOf(alice, (titles) => titles.length === 2)
    const inFolder = (title: string) => namesIn(alice, { _: "chatListFolder", chat_folder_id: folders.get(title) ?? 0 })
    expect([...folders.keys()]).toEqual(["Models", "Other"])
    expect([await inFolder("Models"), await inFolder("Other")]).toEqual([["b", "a"], ["c"]])
  })

  it("get a new folder, which another client is told of, and lose one", async () => {
    const other = await stage.logIn(ALICE, "third")
    await foldersOf(other, (titles) => titles.length === 2)
    const created = await alice.invoke({
      _: "createChatFolder",
      folder: {
        _: "chatFolder",
        name: {
          _: "chatFolderName",
          text: { _: "formattedText", text: "Dragons", entities: [] },
          animate_custom_emoji: false,
        },
        icon: { _: "chatFolderIcon", name: "" },
        color_id: -1,
        included_chat_ids: [stage.chatId("a"), stage.chatId("d")],
      },
    })
    const seen = await foldersOf(other, (titles) => titles.includes("Dragons"))
    expect(await namesIn(other, { _: "chatListFolder", chat_folder_id: seen.get("Dragons") ?? 0 })).toEqual(["d", "a"])
    await alice.invoke({ _: "deleteChatFolder", chat_folder_id: created.id, leave_chat_ids: [] })
    await expect
      .poll(() => other.updates.findLast((update) => update._ === "updateChatFolders")?.chat_folders.length)
      .toBe(2)
  })

  it("make TDLib print no error", () => expect(stage.errorLines).toEqual([]))
})
