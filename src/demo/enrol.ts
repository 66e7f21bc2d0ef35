import { Effect } from "effect"
import { addAccount } from "../../db/accounts.ts"
import { linkChannel, setDestination, upsertChannel } from "../../db/channels.ts"
import type { SandboxRecord } from "./sandbox-record.ts"
import type { DemoWorld } from "./world.ts"

/**
 * Does what an operator would do in the web app: adds the accounts, enables their source channels and chooses the
 * destination. Repeating it changes nothing.
 */
export const enrol = Effect.fn("enrol")(function* (world: DemoWorld, record: SandboxRecord, destinationName: string) {
  const accounts = new Map<string, string>()
  for (const { firstName, phone } of world.accounts) {
    const account = yield* addAccount({ phone, displayName: firstName })
    accounts.set(phone, account.id)
  }
  for (const channel of record.channels) {
    const isDestination = channel.name === destinationName
    const row = yield* upsertChannel({
      telegramId: channel.chatId,
      title: channel.title,
      type: isDestination ? "DESTINATION" : "SOURCE",
      isForum: channel.kind === "forum",
      isActive: true,
      category: isDestination ? null : "Miniatures",
    })
    if (isDestination) yield* setDestination(row.id)
    for (const phone of world.channels.find(({ name }) => name === channel.name)?.members ?? []) {
      const accountId = accounts.get(phone)
      if (accountId !== undefined)
        yield* linkChannel({ accountId, channelId: row.id, role: isDestination ? "WRITER" : "READER" })
    }
  }
  return accounts
})
