import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { sourcesOf } from "../../db/channels.ts"
import { AccountConfig } from "../account-config.ts"
import { Supervisor } from "../supervisor-client.ts"
import { isOnServer } from "../telegram/document-pages.ts"
import { Tdlib } from "../telegram/tdlib.ts"
import { type Post, Posts } from "./posts.ts"

/** Volumes are posted one after another: they are looked at together, this long after the first. */
const GATHER = "2 seconds"

/**
 * Hears of documents that are posted in the account's sources, and tells the cycle that runs, and the supervisor, which
 * begins one if none does: nobody waits for the interval. Runs for as long as its scope lives. What was posted while the
 * account was offline is found by its next cycle anyway.
 */
export const watchPosts = Effect.fn("watchPosts")(function* () {
  const { accountId } = yield* AccountConfig
  const supervisor = yield* Supervisor
  const tdlib = yield* Tdlib
  const posts = yield* Posts
  const heard = yield* Queue.sliding<Post>(1000)
  yield* tdlib.onUpdate((update) => {
    if (update._ !== "updateNewMessage" || update.message.content._ !== "messageDocument") return
    if (!isOnServer(update.message.id)) return
    Queue.offerUnsafe(heard, { chatId: update.message.chat_id, messageId: update.message.id })
  })
  const look = Effect.gen(function* () {
    const first = yield* Queue.take(heard)
    yield* Effect.sleep(GATHER)
    const all = [first, ...(yield* Queue.clear(heard))]
    const chatIds = new Set((yield* sourcesOf(accountId)).map(({ chatId }) => chatId))
    const ours = all.filter(({ chatId }) => chatIds.has(chatId))
    posts.note(ours)
    if (ours.length > 0) yield* supervisor.posted
  })
  // What goes wrong here costs time only.
  yield* Effect.forkScoped(Effect.forever(Effect.ignore(look)))
})
