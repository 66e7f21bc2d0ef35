import { Effect, Option, Schema } from "effect"
import { accountStandings } from "../../../db/account-states.ts"
import { completeFetch } from "../../../db/channel-fetch-requests.ts"
import { channelByChat, linkChannel } from "../../../db/channels.ts"
import { ask } from "../../../db/requests.ts"
import type { ChatRequest } from "../../channel/chat-requests.ts"
import { makeDestination, publishIn } from "../../channel-roles.ts"
import { CreateInput } from "./heard.ts"
import { askChat, type Done, Refused, unexpected, type Work } from "./work.ts"

const decodeInput = Schema.decodeUnknownEffect(CreateInput)

/** So long the other accounts have to join. */
const JOIN_SECONDS = 3600

/** Lets all other active accounts write to the destination; they join it as soon as they can. */
export const inviteOthers = Effect.fn("inviteOthers")(function* (
  { channelId, chatId }: { readonly channelId: string; readonly chatId: number },
  link: string,
  exceptId: string,
) {
  const request: ChatRequest = { _tag: "Join", target: link, chatId }
  for (const { id, isActive } of yield* accountStandings()) {
    if (!isActive || id === exceptId) continue
    yield* linkChannel({ accountId: id, channelId, role: "WRITER" })
    yield* ask({ accountId: id, request, timeoutSeconds: JOIN_SECONDS })
  }
})

/** What an earlier life had created before it died: a group of that title that nobody knows yet. */
const createdEarlier = Effect.fn("createdEarlier")(function* (work: Work, title: string) {
  if (work.request.attempts === 1) return undefined
  const answer = yield* askChat(work, { _tag: "ListChats" })
  if (answer._tag !== "Chats") return undefined
  for (const chat of answer.chats) {
    if (chat.title !== title || chat.kind !== "supergroup" || !chat.canPost || chat.memberCount !== 1) continue
    if (Option.isNone(yield* channelByChat(chat.chatId))) return chat
  }
  return undefined
})

const create = Effect.fn("create")(function* (work: Work, title: string) {
  const earlier = yield* createdEarlier(work, title)
  if (earlier === undefined) {
    const answer = yield* askChat(work, { _tag: "CreateDestination", title })
    return answer._tag === "Created" ? answer : yield* unexpected(answer)
  }
  const answer = yield* askChat(work, { _tag: "Invite", chatId: earlier.chatId })
  return answer._tag === "Invited" ? { chat: earlier, inviteLink: answer.inviteLink } : yield* unexpected(answer)
})

/** Creates a supergroup, publishes in it from now on, and has all accounts join it. */
export const createDestination = Effect.fn("createDestination")(function* (work: Work) {
  const { title } = yield* decodeInput(work.request.input).pipe(
    Effect.mapError(() => new Refused({ reason: "a title of 1 to 128 characters is needed" })),
  )
  const { chat, inviteLink } = yield* create(work, title)
  const channel = yield* makeDestination(chat).pipe(
    Effect.catchTag("ChatUnfit", (error) => Effect.fail(new Refused({ reason: error.message }))),
  )
  yield* linkChannel({ accountId: work.accountId, channelId: channel.id, role: "WRITER" })
  // The others are asked to come in before they are called to work there.
  yield* inviteOthers({ channelId: channel.id, chatId: chat.chatId }, inviteLink, work.accountId)
  yield* publishIn(channel.id, inviteLink)
  const done: Done = completeFetch(work.request.id, {
    channelId: channel.id,
    telegramId: String(chat.chatId),
    title: chat.title,
    inviteLink,
  })
  return done
})
