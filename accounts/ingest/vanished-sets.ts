import * as Effect from "effect/Effect"
import type { Source } from "../../db/channels.ts"
import { unsettledClaims } from "../../db/claims.ts"
import { skipVanished } from "../../db/skipped.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { messagesById } from "../telegram/history.ts"
import type { SourceScan } from "./scan-source.ts"

/**
 * Settles the sets that this account has begun in a source and does not find there any more: somebody deleted their
 * first message, or put it into another set. They are skipped, with that reason, instead of being waited for for ever.
 */
export const skipVanishedSets = Effect.fn("skipVanishedSets")(function* (source: Source, scan: SourceScan) {
  const { accountId } = yield* AccountConfig
  const present = new Set(scan.sets.map(({ firstMessageId }) => firstMessageId))
  const mark = source.mark ?? 0
  const claims = yield* unsettledClaims(accountId, source.channelId)
  // Below the mark the scan did not look.
  const missed = claims.filter(({ firstMessageId }) => firstMessageId > mark && !present.has(firstMessageId))
  for (const { bytes, firstMessageId, setName, volumes } of missed) {
    const isInAnotherSet = scan.sets.some((set) => set.volumes.some(({ messageId }) => messageId === firstMessageId))
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
