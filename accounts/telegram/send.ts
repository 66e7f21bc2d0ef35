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
  /** Size of the document as the server tells it; 0 for anything but a document. */
  readonly bytes: number
  /** The document's name as the server tells it. */
  readonly fileName: string
  /** Of the document, in this TDLib. */
  readonly fileId: number
}

/** Outcomes of sends by temporary message id; a confirmation may come before the answer to `sendMessage`. */
export class SendOutcomes extends Context.Service<
  SendOutcomes,
  {
    /** Waits for the outcome of the send with this temporary id. */
    readonly of: (temporaryId: number) => Effect.Effect<Delivered, TelegramError>
  }
>()("accounts/telegram/SendOutcomes") {}

const documentOf = (message: Td.message): Td.file | undefined =>
  message.content._ === "messageDocument" ? message.content.document.document : undefined

const deliveredBy = (message: Td.message): Delivered => ({
  messageId: message.id,
  bytes: documentOf(message)?.size ?? 0,
  fileName: message.content._ === "messageDocument" ? message.content.document.file_name : "",
  fileId: documentOf(message)?.id ?? 0,
})

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
        Deferred.doneUnsafe(outcomeOf(update.old_message_id), Exit.succeed(deliveredBy(update.message)))
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
  /** The file when Telegram has its bytes already: it is mentioned instead of being uploaded. */
  readonly knownFileId?: number
  /** Run once TDLib has the message in its own log. */
  readonly onHanded?: Effect.Effect<void>
  readonly onProgress: (sentBytes: number) => void
}

/** A message that TDLib is sending, and the document in it. */
export interface SendUnderWay {
  readonly temporaryId: number
  readonly fileId: number
  readonly onProgress: (sentBytes: number) => void
}

/**
 * Waits until the server has a message (`updateMessageSendSucceeded`).
 * Fails with what the server answered, and with kind `timeout` when nothing moves for minutes. Neither that nor
 * interruption withdraws the message: in the middle of sending, TDLib would delete the server's copy too when it hears
 * of it, which somebody may have recorded by then. It stays unsent in TDLib's own log, for the next look at it.
 */
export const awaitDelivery = Effect.fn("awaitDelivery")(function* ({ fileId, onProgress, temporaryId }: SendUnderWay) {
  const tdlib = yield* Tdlib
  const outcomes = yield* SendOutcomes
  const watch = yield* stallWatch("sendMessage")
  const listening = tdlib.onUpdate((update) => {
    if (update._ !== "updateFile" || update.file.id !== fileId) return
    watch.moved()
    onProgress(update.file.remote.uploaded_size)
  })
  return yield* listening.pipe(Effect.andThen(Effect.raceFirst(outcomes.of(temporaryId), watch.stalled)), Effect.scoped)
})

/**
 * Sends a file as a document and waits until the server has it; the answer to `sendMessage` proves nothing, its id is
 * temporary. Fails as `awaitDelivery` does.
 */
export const sendDocument = Effect.fn("sendDocument")(function* (options: SendOptions) {
  const { caption, chatId, onHanded, onProgress, path, knownFileId: id } = options
  const tdlib = yield* Tdlib
  const message = yield* tdlib.invoke({
    _: "sendMessage",
    chat_id: chatId,
    input_message_content: {
      _: "inputMessageDocument",
      document: id === undefined ? { _: "inputFileLocal", path } : { _: "inputFileId", id },
      disable_content_type_detection: true,
      caption: { _: "formattedText", text: caption, entities: [] },
    },
  })
  if (onHanded !== undefined) yield* onHanded
  return yield* awaitDelivery({ temporaryId: message.id, fileId: documentOf(message)?.id ?? 0, onProgress })
})

/**
 * Deletes messages of ours for everybody. An unsent one may be deleted only while the network is off or after it has
 * failed: if the server has it already, it comes back as an ordinary message and has to be looked for (facts/cell.md).
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
