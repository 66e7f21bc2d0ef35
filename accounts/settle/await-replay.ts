import * as Effect from "effect/Effect"
import type { Publication, PublicationPart } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { awaitDelivery, deleteMessages } from "../telegram/send.ts"
import { isUnsentPart } from "./part-match.ts"
import { recordDelivery } from "./record-delivery.ts"

/** A message that TDLib still wants to send by itself, and the part it delivers. */
export interface Replay {
  readonly message: ChannelMessage
  readonly publication: Publication
  readonly part: PublicationPart
}

/** The part that an unsent message delivers; undefined when no open publication lacks it. */
export const replayOf = (message: ChannelMessage, publications: ReadonlyArray<Publication>): Replay | undefined => {
  for (const publication of publications) {
    const part = publication.parts.find((row) => isUnsentPart(message, publication, row))
    if (part !== undefined) return part.destMessageId === null ? { message, publication, part } : undefined
  }
  return undefined
}

const isUnfinished = (error: { readonly _tag: string; readonly kind?: string }): boolean =>
  error._tag === "TelegramError" && (error.kind === "timeout" || error.kind === "closed")

/**
 * Waits for a send that TDLib repeats by itself, resuming its upload, and records the delivery. One that the server
 * refused is taken away, and its part is sent anew; one that does not move is left to TDLib, and fails with `timeout`.
 */
export const awaitReplay = Effect.fn("awaitReplay")(function* (
  { message, part, publication }: Replay,
  onProgress: (sentBytes: number) => void,
) {
  const fields = { hash: publication.contentHash, part: part.part }
  const fileId = message.content._tag === "Document" ? message.content.fileId : 0
  yield* awaitDelivery({ temporaryId: message.id, fileId, onProgress }).pipe(
    Effect.flatMap((delivered) => recordDelivery(publication, part, delivered)),
    Effect.flatMap((isOurs) =>
      isOurs
        ? logEvent.info("replay.delivered", "TDLib delivered a part that an earlier try had begun to send", fields)
        : Effect.void,
    ),
    Effect.catchIf(
      (error) => error._tag === "TelegramError" && !isUnfinished(error),
      (error) =>
        logEvent
          .warn("replay.failed", "An unsent part of an earlier try was refused; it is sent anew", {
            ...fields,
            error: error.message,
          })
          .pipe(Effect.andThen(deleteMessages(publication.destChatId, [message.id]))),
    ),
  )
})
