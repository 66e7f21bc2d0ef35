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
    { name: "news", kind: "channel", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "deputies", kind: "channel", creator: ALICE, admins: [{ phone: BOB, rights: ["inviteUsers"] }] },
    { name: "talk", kind: "supergroup", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "quiet", kind: "supergroup", creator: ALICE, members: [BOB], defaultRights: ["viewMessages"] },
    {
      name: "words",
      kind: "supergroup",
      creator: ALICE,
      members: [BOB],
      defaultRights: ["viewMessages", "sendMessages", "sendPlain"],
    },
    { name: "closing", kind: "channel", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "ending", kind: "supergroup", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "banning", kind: "supergroup", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    {
      name: "protected",
      kind: "channel",
      creator: ALICE,
      members: [BOB],
      protected: true,
      messages: [{ generate: { bytes: 10, seed: 1 }, name: "a.zip" }],
    },
  ],
}

const text = (words: string) =>
  ({ _: "inputMessageText", text: { _: "formattedText", text: words, entities: [] } }) as const

describe("Administration in front of TDLib", () => {
  let stage: Stage
  let alice: TdlibProcess
  let bob: TdlibProcess
  let bobId: number

  const supergroupOf = (chatId: number) => -1_000_000_000_000 - chatId

  const send = async (tdlib: TdlibProcess, name: string) =>
    tdlib.delivered(
      await tdlib.invoke({ _: "sendMessage", chat_id: stage.chatId(name), input_message_content: text("hi") }),
    )

  /** Waits until this account's standing in a channel passes. */
  const standing = (tdlib: TdlibProcess, name: string, accepts: (status: Td.ChatMemberStatus) => boolean) => {
    const id = supergroupOf(stage.chatId(name))
    return tdlib.update(
      (update): update is Td.updateSupergroup =>
        update._ === "updateSupergroup" && update.supergroup.id === id && accepts(update.supergroup.status),
    )
  }

  const stateOf = (name: string) => {
    const found = stage.sandbox.state().channels.find((channel) => channel.name === name)
    if (found === undefined) throw new Error(`no channel ${name}`)
    return found
  }

  beforeAll(async () => {
    stage = await Stage.start(world)
    ;[alice, bob] = await Promise.all([stage.logIn(ALICE), stage.logIn(BOB)])
    bobId = (await bob.invoke({ _: "getMe" })).id
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it("lets its creator post to a channel, but no member and no administrator without that right", async () => {
    await expect(send(alice, "news")).resolves.toBeGreaterThan(0)
    await expect(send(bob, "news")).rejects.toThrow("Need administrator rights in the channel chat")
    await expect(send(bob, "deputies")).rejects.toThrow("Need administrator rights in the channel chat")
  })

  it("lets an administrator post as soon as it is made one, and not any more afterwards", async () => {
    await stage.control("POST", "/channels/news", { admins: [BOB] })
    await standing(bob, "news", (status) => status._ === "chatMemberStatusAdministrator")
    await expect(send(bob, "news")).resolves.toBeGreaterThan(0)
    await stage.control("POST", "/channels/news", { demote: [BOB] })
    await expect
      .poll(async () => {
        const { status } = await bob.invoke({ _: "getSupergroup", supergroup_id: supergroupOf(stage.chatId("news")) })
        return status._
      })
      .toBe("chatMemberStatusMember")
  })

  it("lets members write in a supergroup as far as the default rights go", async () => {
    await expect(send(bob, "talk")).resolves.toBeGreaterThan(0)
    await expect(send(bob, "quiet")).rejects.toThrow("Not enough rights to send text messages to the chat")
    await expect(send(bob, "words")).resolves.toBeGreaterThan(0)
    const { permissions } = await bob.invoke({ _: "getChat", chat_id: stage.chatId("words") })
    expect([permissions.can_send_basic_messages, permissions.can_send_documents]).toEqual([true, false])
  })

  it("lets the creator promote, restrict, ban and let in again", async () => {
    const chatId = stage.chatId("talk")
    const member_id = { _: "messageSenderUser", user_id: bobId } as const
    const set = (status: Td.ChatMemberStatus$Input) =>
      alice.invoke({ _: "setChatMemberStatus", chat_id: chatId, member_id, status })
    await set({
      _: "chatMemberStatusAdministrator",
      can_be_edited: true,
      rights: { _: "chatAdministratorRights", can_manage_chat: true, can_delete_messages: true },
    })
    await standing(
      bob,
      "talk",
      (status) => status._ === "chatMemberStatusAdministrator" && status.rights.can_delete_messages,
    )
    await set({
      _: "chatMemberStatusRestricted",
      is_member: true,
      restricted_until_date: 0,
      permissions: { _: "chatPermissions", can_invite_users: true },
    })
    await standing(bob, "talk", (status) => status._ === "chatMemberStatusRestricted")
    await set({ _: "chatMemberStatusBanned", banned_until_date: 0 })
    await standing(bob, "talk", (status) => status._ === "chatMemberStatusBanned")
    expect(stateOf("talk").members.find(({ phone }) => phone === BOB)?.status).toBe("banned")
    await set({ _: "chatMemberStatusLeft" })
    await alice.invoke({ _: "addChatMember", chat_id: chatId, user_id: bobId, forward_limit: 0 })
    expect(stateOf("talk").members.find(({ phone }) => phone === BOB)?.status).toBe("member")
    const { members } = await alice.invoke({
      _: "getSupergroupMembers",
      supergroup_id: supergroupOf(chatId),
      offset: 0,
      limit: 10,
    })
    expect(members.map(({ status }) => status._).toSorted()).toEqual([
      "chatMemberStatusCreator",
      "chatMemberStatusMember",
    ])
  })

  it("makes a supergroup and a channel, with title, rights, username and description, and deletes one", async () => {
    const group = await alice.invoke({
      _: "createNewSupergroupChat",
      title: "My group",
      is_forum: false,
      is_channel: false,
      description: "about it",
      message_auto_delete_time: 0,
      for_import: false,
    })
    await alice.invoke({ _: "setChatTitle", chat_id: group.id, title: "Our group" })
    await alice.invoke({
      _: "setChatPermissions",
      chat_id: group.id,
      permissions: { _: "chatPermissions", can_send_basic_messages: true },
    })
    await alice.invoke({ _: "setChatDescription", chat_id: group.id, description: "more about it" })
    await alice.invoke({ _: "setSupergroupUsername", supergroup_id: supergroupOf(group.id), username: "our_group" })
    const made = stateOf("My group")
    expect(made).toMatchObject({ chatId: group.id, title: "Our group", kind: "supergroup", username: "our_group" })
    const created = { _: "getCreatedPublicChats", type: { _: "publicChatTypeHasUsername" } } as const
    expect((await alice.invoke(created)).chat_ids).toContain(group.id)
    expect((await bob.invoke(created)).chat_ids).not.toContain(group.id)
    const found = await bob.invoke({ _: "searchPublicChat", username: "our_group" })
    expect([found.title, found.permissions.can_send_basic_messages, found.permissions.can_send_photos]).toEqual([
      "Our group",
      true,
      false,
    ])
    await expect(send(alice, "My group")).resolves.toBeGreaterThan(0)

    const channel = await alice.invoke({
      _: "createNewSupergroupChat",
      title: "My channel",
      is_forum: false,
      is_channel: true,
      description: "",
      message_auto_delete_time: 0,
      for_import: false,
    })
    await expect(send(alice, "My channel")).resolves.toBeGreaterThan(0)
    // TDLib knows only from the full information that it may be deleted.
    await alice.invoke({ _: "getSupergroupFullInfo", supergroup_id: supergroupOf(channel.id) })
    await alice.invoke({ _: "deleteChat", chat_id: channel.id })
    expect(stateOf("My channel").deleted).toBe(true)
    await standing(alice, "My channel", (status) => status._ === "chatMemberStatusBanned")
  })

  const isLost = async (name: string): Promise<void> => {
    const chat_id = stage.chatId(name)
    await standing(bob, name, (status) => status._ === "chatMemberStatusBanned")
    await bob.update(
      (update) =>
        update._ === "updateChatRemovedFromList" ||
        (update._ === "updateChatPosition" && update.chat_id === chat_id && update.position.order === "0"),
    )
    const { chat_ids: ids } = await bob.invoke({ _: "getChats", chat_list: { _: "chatListMain" }, limit: 100 })
    expect(ids).not.toContain(chat_id)
  }

  it("tells members that a channel was made private, deleted, or that they were banned", async () => {
    await stage.control("POST", "/channels/closing", { private: true })
    await isLost("closing")
    await stage.control("POST", "/channels/ending", { deleted: true })
    await isLost("ending")
    await stage.control("POST", "/channels/banning", { members: { ban: [BOB] } })
    await isLost("banning")
    await expect(send(bob, "closing")).rejects.toThrow()
  })

  it("gives a private channel back when it is opened again", async () => {
    await stage.control("POST", "/channels/closing", { private: false })
    await standing(bob, "closing", (status) => status._ === "chatMemberStatusMember")
    const { chat_ids: ids } = await bob.invoke({ _: "getChats", chat_list: { _: "chatListMain" }, limit: 100 })
    expect(ids).toContain(stage.chatId("closing"))
  })

  it("shows protected content as such, and lets nothing of it be sent on", async () => {
    const chat = await bob.invoke({ _: "getChat", chat_id: stage.chatId("protected") })
    expect(chat.has_protected_content).toBe(true)
    const properties = await bob.invoke({
      _: "getMessageProperties",
      chat_id: chat.id,
      message_id: chat.last_message?.id ?? 0,
    })
    expect([properties.can_be_saved, properties.can_be_forwarded, properties.can_be_copied]).toEqual([
      false,
      false,
      false,
    ])
    await stage.control("POST", "/channels/protected", { protected: false })
    await bob.update((update) => update._ === "updateChatHasProtectedContent" && !update.has_protected_content)
  })

  it("shows a chat that the control interface adds while TDLib runs", async () => {
    const added = await stage.control("POST", "/channels", {
      name: "sudden",
      kind: "channel",
      members: [BOB],
      messages: [{ text: "here I am" }],
    })
    expect(added).toMatchObject({ name: "sudden", chatId: stage.chatId("sudden") })
    await standing(bob, "sudden", (status) => status._ === "chatMemberStatusMember")
  })

  it("refuses a change that names unknown accounts or fields", async () => {
    await expect(stage.control("POST", "/channels/news", { members: { add: ["15550099"] } })).rejects.toThrow(
      "members.add[0]: Expected the phone of an account, found 15550099",
    )
    await expect(stage.control("POST", "/channels/news", { colour: "red" })).rejects.toThrow("colour")
    await expect(stage.control("POST", "/channels", { name: "news", kind: "channel" })).rejects.toThrow(
      "name: Expected one that is free, found news",
    )
  })

  it("makes TDLib print no error", () => expect(stage.errorLines).toEqual([]))
})
