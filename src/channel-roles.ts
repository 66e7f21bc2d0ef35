import { Effect, Option, Schema } from "effect"
import { forgetTrouble } from "../db/channel-changes.ts"
import { callAccounts, channelByChat, linkChannel, setDestination, upsertChannel } from "../db/channels.ts"
import { setSetting } from "../db/settings.ts"
import type { SeenChat } from "./channel/chat-requests.ts"

/** Thrown when: a chat cannot be what the operator wants to make of it. */
export class ChatUnfit extends Schema.TaggedError<ChatUnfit>()("ChatUnfit", {
  title: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `${this.title}: ${this.reason}`
  }
}

/** Where the web app keeps the link by which accounts come into the destination. */
export const INVITE_KEY = "destination_invite_link"

/** Makes a chat that an account sees an enabled source. Fails with `ChatUnfit` when it can be none. */
export const makeSource = Effect.fn("makeSource")(function* (chat: SeenChat) {
  if (chat.refusal !== null) return yield* new ChatUnfit({ title: chat.title, reason: chat.refusal })
  const known = yield* channelByChat(chat.chatId)
  if (Option.isSome(known) && known.value.type === "DESTINATION")
    return yield* new ChatUnfit({ title: chat.title, reason: "it is a destination, and cannot be a source too" })
  return yield* upsertChannel({
    telegramId: chat.chatId,
    title: chat.title,
    type: "SOURCE",
    isForum: chat.kind === "forum",
    isActive: true,
  })
})

/** Lets an account read a source from now on. */
export const readSource = Effect.fn("readSource")(function* (accountId: string, channelId: string) {
  yield* linkChannel({ accountId, channelId, role: "READER" })
  yield* forgetTrouble(channelId)
  yield* callAccounts([accountId])
})

/** Makes a chat one that is published in; not yet the one (`publishIn`). Fails with `ChatUnfit` when it can be none. */
export const makeDestination = Effect.fn("makeDestination")(function* (chat: SeenChat) {
  if (chat.refusal !== null) return yield* new ChatUnfit({ title: chat.title, reason: chat.refusal })
  if (!chat.canPost) return yield* new ChatUnfit({ title: chat.title, reason: "the account may not post there" })
  return yield* upsertChannel({
    telegramId: chat.chatId,
    title: chat.title,
    type: "DESTINATION",
    isForum: chat.kind === "forum",
    isActive: true,
  })
})

/** Has everything published in a destination from now on. `inviteLink`: by which other accounts join it, if one is known. */
export const publishIn = Effect.fn("publishIn")(function* (channelId: string, inviteLink: string | null) {
  yield* setDestination(channelId)
  if (inviteLink !== null) yield* setSetting(INVITE_KEY, inviteLink)
  yield* callAccounts()
})
