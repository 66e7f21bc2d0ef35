import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Td from "tdlib-types"
import { Tdlib } from "./tdlib.ts"
import { type TelegramError, telegramError } from "./telegram-error.ts"
import { stallWatch } from "./transfer-progress.ts"

/** A message that the server has: the commit point of a part. Its id is final. */
export interface Delivered {
  readonly messageId: number
}

/** Outcomes of sends by temporary message id; a confirmation may come before the answer to `sendMessage`. */
export class SendOutcomes extends Context.Service<
  SendOutcomes,
  {
    /** Waits for the outcome of the send with this temporary id. */
    readonly of: (temporaryId: number) => Effect.Effect<Delivered, TelegramError>
  }
>()("accounts/telegram/SendOutcomes") {}

/** Confirmations nobody asked for are kept for a while; more than this are forgotten, oldest first. */
const REMEMBERED = 10_000

/** The service and the update listener that feeds it: it must hear TDLib from the first update on. */
export const makeSendOutcomes = () => {
  const outcomes = new Map<number, Deferred.Deferred<Delivered, TelegramError>>()
  const outcomeOf = (temporaryId: number) => {
    const known = outcomes.get(temporaryId)
    if (known !== undefined) return known
    const fresh = Deferred.makeUnsafe<Delivered, TelegramError>()
    outcomes.set(temporaryId, fresh)
    const oldest = outcomes.keys().next().value
    if (outcomes.size > REMEMBERED && oldest !== undefined) outcomes.delete(oldest)
    return fresh
  }
  return {
    layer: Layer.succeed(SendOutcomes, { of: (temporaryId) => Deferred.await(outcomeOf(temporaryId)) }),
    listener: (update: Td.Update) => {
      if (update._ === "updateMessageSendSucceeded")
        Deferred.doneUnsafe(outcomeOf(update.old_message_id), Exit.succeed({ messageId: update.message.id }))
      if (update._ === "updateMessageSendFailed")
        Deferred.doneUnsafe(outcomeOf(update.old_message_id), Exit.fail(telegramError("sendMessage", update.error)))
    },
  }
}

export interface SendOptions {
  readonly chatId: number
  /** A regular file; its base name is what people will see. */
  readonly path: string
  readonly caption: string
  readonly onProgress: (sentBytes: number) => void
}

const uploadedFile = (message: Td.message): Td.file | undefined =>
  message.content._ === "messageDocument" ? message.content.document.document : undefined

/**
 * Sends a file as a document and waits until the server has it (`updateMessageSendSucceeded`; the answer to
 * `sendMessage` proves nothing, its id is temporary).
 * Interrupted or stalled, the message is withdrawn if it has not left yet; whether it had is for settling to find out.
 */
export const sendDocument = Effect.fn("sendDocument")(function* ({ caption, chatId, onProgress, path }: SendOptions) {
  const tdlib = yield* Tdlib
  const outcomes = yield* SendOutcomes
  const watch = yield* stallWatch("sendMessage")

  const message = yield* tdlib.invoke({
    _: "sendMessage",
    chat_id: chatId,
    input_message_content: {
      _: "inputMessageDocument",
      document: { _: "inputFileLocal", path },
      disable_content_type_detection: true,
      caption: { _: "formattedText", text: caption, entities: [] },
    },
  })
  const fileId = uploadedFile(message)?.id
  const listening = Effect.acquireRelease(
    Effect.sync(() =>
      tdlib.onUpdate((update) => {
        if (update._ !== "updateFile" || update.file.id !== fileId) return
        watch.moved()
        onProgress(update.file.remote.uploaded_size)
      }),
    ),
    (stop) => Effect.sync(stop),
  )
  const withdraw = Effect.ignore(deleteMessages(chatId, [message.id], 5))

  return yield* listening.pipe(
    Effect.andThen(Effect.raceFirst(outcomes.of(message.id), watch.stalled)),
    Effect.tapError((error) => (error.kind === "timeout" ? withdraw : Effect.void)),
    Effect.onInterrupt(() => withdraw),
    Effect.scoped,
  )
})

/**
 * Deletes messages of ours for everybody. One that is still being sent is not sent; if the server happens to have it
 * already, it comes back as an ordinary message and has to be looked for (facts/cell.md).
 */
export const deleteMessages = Effect.fn("deleteMessages")(function* (
  chatId: number,
  temporaryIds: ReadonlyArray<number>,
  timeoutSeconds = 60,
) {
  const tdlib = yield* Tdlib
  if (temporaryIds.length === 0) return
  yield* tdlib.invoke(
    { _: "deleteMessages", chat_id: chatId, message_ids: [...temporaryIds], revoke: true },
    timeoutSeconds,
  )
})
