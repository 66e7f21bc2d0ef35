import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { sourcesOf } from "../../db/channels.ts"
import { AccountConfig } from "../account-config.ts"
import { Supervisor } from "../supervisor-client.ts"
import { Tdlib } from "../telegram/tdlib.ts"

/** Volumes are posted one after another: they are looked at together, this long after the first. */
const GATHER = "2 seconds"

/**
 * Hears of documents that are posted in the account's sources, and asks the supervisor for a cycle, so that nobody waits
 * for the interval. Runs for as long as its scope lives. What was posted while the account was offline is found by its
 * next cycle anyway.
 */
export const watchPosts = Effect.fn("watchPosts")(function* () {
  const { accountId } = yield* AccountConfig
  const supervisor = yield* Supervisor
  const tdlib = yield* Tdlib
  const posts = yield* Queue.sliding<number>(1000)
  yield* tdlib.onUpdate((update) => {
    if (update._ === "updateNewMessage" && update.message.content._ === "messageDocument")
      Queue.offerUnsafe(posts, update.message.chat_id)
  })
  const look = Effect.gen(function* () {
    const first = yield* Queue.take(posts)
    yield* Effect.sleep(GATHER)
    const chatIds = new Set([first, ...(yield* Queue.clear(posts))])
    const sources = yield* sourcesOf(accountId)
    if (sources.some(({ chatId }) => chatIds.has(chatId))) yield* supervisor.posted
  })
  // What goes wrong here costs time only.
  yield* Effect.forkScoped(Effect.forever(Effect.ignore(look)))
})
