import { Effect, Schema } from "effect"
import { completeFetch } from "../../../db/channel-fetch-requests.ts"
import { makeSource, readSource } from "../../channel-roles.ts"
import { JoinInput } from "./heard.ts"
import { askChat, type Done, Refused, unexpected, type Work } from "./work.ts"

const decodeInput = Schema.decodeUnknownEffect(JoinInput)

/** Joins a chat by name or link, and reads it from now on. Joining again changes nothing, so it may be repeated. */
export const joinChannel = Effect.fn("joinChannel")(function* (work: Work) {
  const { input } = yield* decodeInput(work.request.input).pipe(
    Effect.mapError(() => new Refused({ reason: "no name and no link was given: use @username or a t.me link" })),
  )
  const answer = yield* askChat(work, { _tag: "Join", target: input.trim() })
  if (answer._tag === "JoinRequested")
    return yield* new Refused({
      reason: `Join request sent to ${answer.title}. An admin must approve it before it can be added: then ask again.`,
    })
  if (answer._tag !== "Joined") return yield* unexpected(answer)
  const { chat } = answer
  const source = yield* makeSource(chat).pipe(
    Effect.catchTag("ChatUnfit", (error) => Effect.fail(new Refused({ reason: error.message }))),
  )
  yield* readSource(work.accountId, source.id)
  const done: Done = completeFetch(work.request.id, {
    channelId: source.id,
    telegramId: String(chat.chatId),
    title: chat.title,
    type: chat.kind === "channel" ? "channel" : "supergroup",
    isForum: chat.kind === "forum",
  })
  return done
})
