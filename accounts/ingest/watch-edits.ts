import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import { setMarkBack } from "../../db/channels.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { isOnServer } from "../telegram/document-pages.ts"
import { Tdlib } from "../telegram/tdlib.ts"

/** More edits than this that wait for the database are forgotten, the oldest first. */
const MAX_WAITING = 10_000

/**
 * Hears of documents that are edited in the account's sources and sets the source's mark back to them, so that the next
 * cycle looks at them again: the file may have been replaced. Runs for as long as its scope lives.
 *
 * TDLib tells of edits of messages that it has seen; those made while the account was offline come with the difference.
 */
export const watchEdits = Effect.fn("watchEdits")(function* () {
  const { accountId } = yield* AccountConfig
  const tdlib = yield* Tdlib
  const edits = yield* Queue.sliding<{ readonly chatId: number; readonly messageId: number }>(MAX_WAITING)
  yield* tdlib.onUpdate((update) => {
    // What the account itself sends gets another content on the way.
    if (update._ !== "updateMessageContent" || !isOnServer(update.message_id)) return
    if (update.new_content._ === "messageDocument")
      Queue.offerUnsafe(edits, { chatId: update.chat_id, messageId: update.message_id })
  })
  const note = Effect.gen(function* () {
    const { chatId, messageId } = yield* Queue.take(edits)
    const isSetBack = yield* setMarkBack({ accountId, chatId, messageId }).pipe(
      Effect.retry({ schedule: Schedule.spaced("1 second"), times: 60 }),
    )
    if (isSetBack) yield* logEvent.info("message.edited", "A document was edited in a source", { chatId, messageId })
  }).pipe(
    Effect.catch((error) =>
      logEvent.warn("message.edit-lost", "An edit in a source could not be noted", { error: error.message }),
    ),
  )
  yield* Effect.forkScoped(Effect.forever(note))
})
