import { join } from "node:path"
import type * as Td from "tdlib-types"
import { describe, expect, it } from "vitest"
import { type Sandbox, startSandbox, type World } from "./sandbox.ts"
import { Stage } from "./testing/stage.ts"
import { temporaryDirectory } from "./testing/temporary-directory.ts"

const ALICE = "15550001"
const BOB = "15550002"

const world: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice" },
    { phone: BOB, firstName: "Bob" },
  ],
  channels: [
    { name: "forum", kind: "supergroup", forum: true, creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "news", kind: "channel", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
    { name: "talk", kind: "supergroup", creator: ALICE, members: [BOB], messages: [{ text: "hello" }] },
  ],
}

const post = async (sandbox: Sandbox, path: string, body: unknown): Promise<void> => {
  const response = await fetch(new URL(path, sandbox.controlUrl), { method: "POST", body: JSON.stringify(body) })
  if (!response.ok) throw new Error(await response.text())
}

describe("Changes to channels", () => {
  it("are there again after a restart of the sandbox with its state", async () => {
    await using directory = await temporaryDirectory()
    const options = { world, stateDirectory: join(directory.path, "state") }
    const first = await startSandbox(options)
    await post(first, "/channels", { name: "added", kind: "channel", members: [BOB], messages: [{ text: "new" }] })
    await post(first, "/channels/forum", { topics: [{ name: "Dragons" }], invites: { add: [{ limit: 3 }] } })
    await post(first, "/channels/talk", { title: "Talks", username: "talk_here", defaultRights: ["viewMessages"] })
    await post(first, "/channels/talk", { members: { remove: [BOB] }, hiddenHistory: true })
    await post(first, "/channels/news", { admins: [BOB], protected: true, private: true })
    const before = first.state()
    await first.close()
    await using second = await startSandbox(options)
    expect(second.state()).toEqual(before)
  })

  it("are learnt by a TDLib that was closed when they happened", async () => {
    await using stage = await Stage.start(world)
    const bob = await stage.logIn(BOB)
    await bob.close()
    await stage.control("POST", "/channels/news", { private: true })
    await stage.control("POST", "/channels/talk", { title: "Talks" })
    await stage.control("POST", "/channels", { name: "added", kind: "channel", members: [BOB] })
    const again = stage.open(BOB)
    await again.logIn(BOB, "12345")
    const status = (name: string, accepts: (status: Td.ChatMemberStatus) => boolean) =>
      again.update(
        (update): update is Td.updateSupergroup =>
          update._ === "updateSupergroup" &&
          update.supergroup.id === -1_000_000_000_000 - stage.chatId(name) &&
          accepts(update.supergroup.status),
      )
    await status("news", ({ _ }) => _ === "chatMemberStatusBanned")
    await status("added", ({ _ }) => _ === "chatMemberStatusMember")
    // The news may come before TDLib has shown the chat: then it never was called anything else.
    await expect
      .poll(async () => (await again.invoke({ _: "getChat", chat_id: stage.chatId("talk") })).title)
      .toBe("Talks")
    expect(stage.errorLines).toEqual([])
  })
})
