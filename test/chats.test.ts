import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { AccountConfig } from "../accounts/account-config.ts"
import { answerChatRequest } from "../accounts/answer-chat-request.ts"
import { requireSource } from "../accounts/telegram/chats.ts"
import { Tdlib } from "../accounts/telegram/tdlib.ts"
import { Database } from "../db/database.ts"
import type { World } from "../src/sandbox/sandbox.ts"
import { cellConfigIn } from "./cell-config.ts"
import { freshDatabase } from "./fresh-database.ts"
import { poolSupervisorLayer } from "./pool-supervisor.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"
const CHATS = 1000

const world: World = {
  accounts: [{ phone, firstName: "Alice", code: "12345", folders: [{ title: "Minis", channels: ["chat 3"] }] }],
  channels: Array.from({ length: CHATS }, (_, n) => ({
    name: `chat ${n}`,
    title: `Chat ${n}`,
    kind: "channel" as const,
    members: [phone],
    admins: n === 5 ? [phone] : [],
    archived: n % 2 === 0 ? [phone] : [],
    protected: n === 7,
  })),
}

describe("the chats of an account", () => {
  it.live(
    "are all listed, with where they are and what may be done there; a private one is refused with the reason",
    () =>
      Effect.gen(function* () {
        const folder = yield* scopedFolder
        const sandbox = yield* scopedSandbox({ world })
        const databaseUrl = yield* Effect.promise(freshDatabase)
        const surroundings = Layer.mergeAll(
          Database.layer({ url: databaseUrl, max: 1, applicationName: "test" }),
          Layer.succeed(AccountConfig, cellConfigIn(folder, { accountId: "a", phone, databaseUrl })),
          telegramLayer(sandbox, join(folder, "tdlib")),
          poolSupervisorLayer(),
        )
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const answer = yield* answerChatRequest({ _tag: "ListChats" })
          const chats = answer._tag === "Chats" ? answer.chats : []
          const byTitle = new Map(chats.map((chat) => [chat.title, chat]))
          assert.strictEqual(byTitle.size, CHATS)
          assert.deepStrictEqual([...(byTitle.get("Chat 3")?.lists ?? [])].sort(), ["Minis", "main"])
          assert.deepStrictEqual(byTitle.get("Chat 4")?.lists, ["archive"])
          assert.deepStrictEqual(
            chats.filter(({ canPost }) => canPost).map(({ title }) => title),
            ["Chat 5"],
          )
          assert.deepStrictEqual(
            chats.filter(({ isProtected }) => isProtected).map(({ title }) => title),
            ["Chat 7"],
          )

          const tdlib = yield* Tdlib
          const { id } = yield* tdlib.invoke({ _: "getMe" })
          yield* tdlib.invoke({ _: "createPrivateChat", user_id: id, force: true })
          const own = yield* answerChatRequest({ _tag: "LookAtChat", chatId: id })
          assert.include(own._tag === "Chat" ? own.chat.refusal : "", "private chat")
          const error = yield* Effect.flip(requireSource(id))
          assert.deepStrictEqual([error.kind, error.text.includes("private chat")], ["forbidden", true])
          const isForum = yield* requireSource(chatIdOf(sandbox, "chat 1"))
          assert.isFalse(isForum.isForum)
        }).pipe(Effect.provide(surroundings))
      }).pipe(Effect.scoped),
    60_000,
  )
})
