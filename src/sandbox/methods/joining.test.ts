import type * as Td from "tdlib-types"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { World } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"
import type { TdlibProcess } from "../testing/tdlib-process.ts"

const ALICE = "15550001"
const BOB = "15550002"
const CAROL = "15550003"

const document = (name: string) => ({ generate: { bytes: 100, seed: name }, name })

const world: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice" },
    { phone: BOB, firstName: "Bob" },
    { phone: CAROL, firstName: "Carol" },
  ],
  channels: [
    { name: "public", kind: "channel", creator: ALICE, username: "dragon_public", messages: [document("a.zip")] },
    { name: "asked", kind: "supergroup", creator: ALICE, username: "dragon_asked", requestNeeded: true },
    {
      name: "invited",
      kind: "supergroup",
      creator: ALICE,
      messages: [document("old.zip")],
      hiddenHistory: true,
      invites: [
        { hash: "AAAAopen12345678" },
        { hash: "AAAArequest12345", requestNeeded: true },
        { hash: "AAAAexpired12345", expires: "2020-01-01T00:00:00Z" },
        { hash: "AAAAlimited12345", limit: 1 },
      ],
    },
    {
      name: "later",
      kind: "supergroup",
      creator: ALICE,
      hiddenHistory: true,
      members: [{ phone: BOB, joined: "2026-01-02T00:00:00Z" }],
      messages: [
        { ...document("before.zip"), date: "2026-01-01T00:00:00Z" },
        { ...document("after.zip"), date: "2026-01-03T00:00:00Z" },
      ],
    },
  ],
}

const link = (hash: string) => `https://t.me/+${hash}`

const documentsIn = async (tdlib: TdlibProcess, chatId: number): Promise<readonly string[]> => {
  const { messages } = await tdlib.invoke({
    _: "searchChatMessages",
    chat_id: chatId,
    query: "",
    from_message_id: 0,
    offset: 0,
    limit: 50,
    filter: { _: "searchMessagesFilterDocument" },
  })
  return messages.flatMap(({ content }) => (content._ === "messageDocument" ? content.document.file_name : []))
}

/** The next update about the supergroup behind a chat that has this status for the account. */
const status = (tdlib: TdlibProcess, chatId: number, name: Td.ChatMemberStatus["_"]) =>
  tdlib.update(
    (update): update is Td.updateSupergroup =>
      update._ === "updateSupergroup" &&
      update.supergroup.id === -1_000_000_000_000 - chatId &&
      update.supergroup.status._ === name,
  )

describe("A channel in front of a TDLib that is not in it", () => {
  let stage: Stage
  let alice: TdlibProcess
  let bob: TdlibProcess
  let carol: TdlibProcess

  beforeAll(async () => {
    stage = await Stage.start(world)
    ;[alice, bob, carol] = await Promise.all([stage.logIn(ALICE), stage.logIn(BOB), stage.logIn(CAROL)])
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  const inList = async (tdlib: TdlibProcess, chatId: number): Promise<boolean> => {
    const { chat_ids: ids } = await tdlib.invoke({ _: "getChats", chat_list: { _: "chatListMain" }, limit: 100 })
    return ids.includes(chatId)
  }

  it("is found by its username, read, joined and left", async () => {
    const chat = await bob.invoke({ _: "searchPublicChat", username: "Dragon_Public" })
    expect(chat.id).toBe(stage.chatId("public"))
    expect(await documentsIn(bob, chat.id)).toEqual(["a.zip"])
    await bob.invoke({ _: "joinChat", chat_id: chat.id })
    await status(bob, chat.id, "chatMemberStatusMember")
    await bob.update((update) => update._ === "updateChatPosition" && update.chat_id === chat.id)
    expect(await inList(bob, chat.id)).toBe(true)
    await bob.invoke({ _: "leaveChat", chat_id: chat.id })
    await status(bob, chat.id, "chatMemberStatusLeft")
    expect(await inList(bob, chat.id)).toBe(false)
  })

  it("has links to its messages, which lead back to them", async () => {
    const chat = await bob.invoke({ _: "searchPublicChat", username: "dragon_public" })
    const message_id = chat.last_message?.id ?? 0
    const { link } = await bob.invoke({
      _: "getMessageLink",
      chat_id: chat.id,
      message_id,
      media_timestamp: 0,
      for_album: false,
      in_message_thread: false,
    })
    expect(link).toBe("https://t.me/dragon_public/2")
    const info = await bob.invoke({ _: "getMessageLinkInfo", url: link })
    expect([info.is_public, info.chat_id, info.message?.id]).toEqual([true, chat.id, message_id])
  })

  it("is not found by a username that nobody has", async () => {
    await expect(bob.invoke({ _: "searchPublicChat", username: "nobody_has_this" })).rejects.toThrow(
      "USERNAME_NOT_OCCUPIED",
    )
  })

  it("shows what an invite link leads to, and lets in by it, without the messages from before", async () => {
    const info = await bob.invoke({ _: "checkChatInviteLink", invite_link: link("AAAAopen12345678") })
    expect(info).toMatchObject({ title: "invited", creates_join_request: false, is_public: false, chat_id: 0 })
    const { id: chatId } = await bob.invoke({ _: "joinChatByInviteLink", invite_link: link("AAAAopen12345678") })
    expect(chatId).toBe(stage.chatId("invited"))
    await stage.control("POST", "/messages", { channel: "invited", ...document("new.zip") })
    await bob.update((update) => update._ === "updateNewMessage" && update.message.content._ === "messageDocument")
    expect(await documentsIn(bob, chatId)).toEqual(["new.zip"])
    expect(await documentsIn(alice, chatId)).toEqual(["new.zip", "old.zip"])
    const again = await bob.invoke({ _: "checkChatInviteLink", invite_link: link("AAAAopen12345678") })
    expect(again.chat_id).toBe(chatId)
  })

  it("does not let in by a link that is wrong, expired or used up", async () => {
    const join = (tdlib: TdlibProcess, hash: string) =>
      tdlib.invoke({ _: "joinChatByInviteLink", invite_link: link(hash) })
    await expect(join(carol, "AAAAwrong1234567")).rejects.toThrow("INVITE_HASH_INVALID")
    await expect(join(carol, "AAAAexpired12345")).rejects.toThrow("INVITE_HASH_EXPIRED")
    await stage.control("POST", "/channels/invited", { members: { remove: [BOB] } })
    await join(bob, "AAAAlimited12345")
    await expect(join(carol, "AAAAlimited12345")).rejects.toThrow("INVITE_HASH_EXPIRED")
  })

  it("lets in who asked once an administrator approved", async () => {
    const chatId = stage.chatId("invited")
    const asked = carol.invoke({ _: "joinChatByInviteLink", invite_link: link("AAAArequest12345") })
    await expect(asked).rejects.toThrow("INVITE_REQUEST_SENT")
    await alice.update(
      (update) => update._ === "updateChatPendingJoinRequests" && update.pending_join_requests?.total_count === 1,
    )
    const { requests } = await alice.invoke({
      _: "getChatJoinRequests",
      chat_id: chatId,
      invite_link: "",
      query: "",
      limit: 10,
    })
    const userId = requests[0]?.user_id ?? 0
    await alice.invoke({ _: "processChatJoinRequest", chat_id: chatId, user_id: userId, approve: true })
    await status(carol, chatId, "chatMemberStatusMember")
  })

  it("takes a request by its username, which the control interface approves", async () => {
    const chat = await carol.invoke({ _: "searchPublicChat", username: "dragon_asked" })
    const asked = carol.invoke({ _: "joinChat", chat_id: chat.id })
    await expect(asked).rejects.toThrow("INVITE_REQUEST_SENT")
    await stage.control("POST", "/channels/asked", { joinRequests: { approve: [CAROL] } })
    await status(carol, chat.id, "chatMemberStatusMember")
  })

  it("shows a member the messages since it joined, and the creator all", async () => {
    const chatId = stage.chatId("later")
    expect(await documentsIn(bob, chatId)).toEqual(["after.zip"])
    expect(await documentsIn(alice, chatId)).toEqual(["after.zip", "before.zip"])
    const [id] = stage.sandbox.state().channels.find(({ name }) => name === "later")?.messages ?? []
    await expect(bob.invoke({ _: "getMessage", chat_id: chatId, message_id: id?.tdlibId ?? 0 })).rejects.toThrow(
      "Not Found",
    )
    const { is_all_history_available: isAll } = await bob.invoke({
      _: "getSupergroupFullInfo",
      supergroup_id: -1_000_000_000_000 - chatId,
    })
    expect(isAll).toBe(false)
  })

  it("gets invite links from an administrator, by which others join", async () => {
    const chatId = stage.chatId("public")
    const created = await alice.invoke({
      _: "createChatInviteLink",
      chat_id: chatId,
      name: "for carol",
      expiration_date: 0,
      member_limit: 5,
      creates_join_request: false,
    })
    await carol.invoke({ _: "joinChatByInviteLink", invite_link: created.invite_link })
    const primary = await alice.invoke({ _: "replacePrimaryChatInviteLink", chat_id: chatId })
    expect(primary.is_primary).toBe(true)
    const me = await alice.invoke({ _: "getMe" })
    const { invite_links: links } = await alice.invoke({
      _: "getChatInviteLinks",
      chat_id: chatId,
      creator_user_id: me.id,
      is_revoked: false,
      offset_date: 0,
      offset_invite_link: "",
      limit: 10,
    })
    expect(links.find(({ name }) => name === "for carol")).toMatchObject({ member_count: 1, member_limit: 5 })
    const full = await alice.invoke({ _: "getSupergroupFullInfo", supergroup_id: -1_000_000_000_000 - chatId })
    expect(full.invite_link?.invite_link).toBe(primary.invite_link)
    await alice.invoke({ _: "revokeChatInviteLink", chat_id: chatId, invite_link: created.invite_link })
    await expect(bob.invoke({ _: "joinChatByInviteLink", invite_link: created.invite_link })).rejects.toThrow(
      "INVITE_HASH_EXPIRED",
    )
  })

  it("makes TDLib print no error", () => expect(stage.errorLines).toEqual([]))
})
