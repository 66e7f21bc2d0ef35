import * as Effect from "effect/Effect"
import type { Source } from "../../db/channels.ts"
import type { UnsettledSet } from "../../db/claims.ts"
import { skipVanished } from "../../db/skipped.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { messagesById } from "../telegram/history.ts"

/** What became, in a scan, of the first messages of sets that had been begun before: of a set's start, or within one. */
export type FoundMessages = ReadonlyMap<number, "start" | "within">

/**
 * Settles the sets that this account, or one that was removed, had begun in a source before a scan, and that the scan did not find there any more:
 * somebody deleted their first message, or put it into another set. They are skipped, with that reason, instead of being
 * waited for for ever.
 */
export const skipVanishedSets = Effect.fn("skipVanishedSets")(function* (
  source: Source,
  begun: ReadonlyArray<UnsettledSet>,
  found: FoundMessages,
) {
  const { accountId } = yield* AccountConfig
  const missed = begun.filter(
    (set) => (set.accountId ?? accountId) === accountId && found.get(set.firstMessageId) !== "start",
  )
  for (const { bytes, firstMessageId, setName, volumes } of missed) {
    const isInAnotherSet = found.has(firstMessageId)
    // A scan may have missed it, so that Telegram itself must say that it is gone.
    if (!isInAnotherSet && (yield* messagesById(source.chatId, [firstMessageId]))[0] !== null) continue
    const reason = isInAnotherSet
      ? "its first message belongs to another set now"
      : "its first message is not in the source any more"
    const isSkipped = yield* skipVanished({
      fileName: setName,
      fileSize: bytes,
      reason: "DOWNLOAD_FAILED",
      errorMessage: reason,
      sourceChannelId: source.channelId,
      sourceMessageId: firstMessageId,
      sourceTopicId: null,
      isMultipart: volumes > 1,
      partCount: volumes,
      accountId,
    })
    if (isSkipped) yield* logEvent.warn("set.vanished", `${setName}: ${reason}`, { channel: source.title })
  }
})
