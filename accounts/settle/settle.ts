import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { destination as destinationOf } from "../../db/channels.ts"
import { confirmPart, finishPublication, openPublications, type Publication } from "../../db/journal.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { captionTag, isSameTag, parseCaptionTag } from "../ingest/caption-tag.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { pendingSends } from "../telegram/history.ts"
import { deleteMessages, SendOutcomes } from "../telegram/send.ts"
import { adoptDelivered } from "./adopt-delivered.ts"

/** A send that TDLib repeats by itself after a restart, and the part it delivers. */
interface Replay {
  readonly temporaryId: number
  readonly publication: Publication
  readonly part: number
}

/** TDLib resumes its upload and sends again by itself; one that takes longer than this is looked for in the destination. */
const REPLAY_LIMIT = "30 minutes"

const partFor = (message: ChannelMessage, publications: ReadonlyArray<Publication>): Replay | undefined => {
  const tag = parseCaptionTag(message.caption)
  if (tag === undefined || message.sending !== "pending") return undefined
  const publication = publications.find(
    ({ contentHash, destChatId, parts }) =>
      destChatId === message.chatId && isSameTag(tag, captionTag(contentHash, tag.part, parts.length)),
  )
  const row = publication?.parts.find(({ part }) => part === tag.part)
  if (publication === undefined || row === undefined || row.destMessageId !== null) return undefined
  return { temporaryId: message.id, publication, part: tag.part }
}

/**
 * First half of settling, with the network off: matches TDLib's unsent messages to journal rows by their caption tag and
 * cancels the rest before a packet leaves. What is cancelled here is sent by nobody.
 * @returns the replays to wait for, and how many sends were cancelled
 */
export const cancelPointlessSends = Effect.fn("cancelPointlessSends")(function* () {
  const { accountId } = yield* AccountConfig
  const publications = yield* openPublications(accountId)
  const chatIds = new Set(publications.map(({ destChatId }) => destChatId))
  const current = yield* destinationOf()
  if (Option.isSome(current)) chatIds.add(current.value.chatId)

  const replays: Array<Replay> = []
  let cancelled = 0
  for (const chatId of chatIds) {
    // A chat this TDLib has never seen has no unsent messages.
    const pending = yield* pendingSends(chatId).pipe(
      Effect.catchIf(
        (error) => error.kind === "not_found" || error.kind === "refused",
        () => Effect.succeed([]),
      ),
    )
    const pointless: Array<number> = []
    for (const message of pending) {
      const replay = partFor(message, publications)
      const isTwin = replay !== undefined && replays.some((other) => isSamePart(other, replay))
      if (replay === undefined || isTwin) pointless.push(message.id)
      else replays.push(replay)
    }
    yield* deleteMessages(chatId, pointless)
    cancelled += pointless.length
  }
  return { replays, cancelled }
})

const isSamePart = (a: Replay, b: Replay): boolean =>
  a.publication.contentHash === b.publication.contentHash && a.part === b.part

const awaitReplay = Effect.fn("awaitReplay")(function* ({ part, publication, temporaryId }: Replay) {
  const outcomes = yield* SendOutcomes
  const outcome = yield* Effect.exit(Effect.timeout(outcomes.of(temporaryId), REPLAY_LIMIT))
  if (Exit.isFailure(outcome)) {
    yield* logEvent.warn("replay.failed", "An unsent part of an earlier life did not arrive; it is sent anew", {
      hash: publication.contentHash,
      part,
    })
    return yield* Effect.ignore(deleteMessages(publication.destChatId, [temporaryId]))
  }
  yield* confirmPart({
    contentHash: publication.contentHash,
    token: publication.token,
    part,
    destMessageId: outcome.value.messageId,
  })
  yield* logEvent.info("replay.delivered", "TDLib delivered a part that an earlier life had begun to send", {
    hash: publication.contentHash,
    part,
    messageId: outcome.value.messageId,
  })
})

/**
 * Second half of settling, online: waits for TDLib's own replays, adopts what was delivered unrecorded, and completes
 * the publications whose parts are all there. The others stay open: the next cycle goes on with their missing parts.
 */
export const settlePublications = Effect.fn("settlePublications")(function* (replays: ReadonlyArray<Replay>) {
  const { accountId } = yield* AccountConfig
  yield* Effect.forEach(replays, awaitReplay, { concurrency: "unbounded", discard: true })
  let adopted = 0
  let completed = 0
  let open = 0
  for (const publication of yield* openPublications(accountId)) {
    const looked = yield* adoptDelivered(publication)
    const missingBefore = publication.parts.filter(({ destMessageId }) => destMessageId === null).length
    const missing = looked.parts.filter(({ destMessageId }) => destMessageId === null).length
    adopted += missingBefore - missing
    if (missing > 0) {
      open += 1
      continue
    }
    yield* finishPublication({ contentHash: publication.contentHash, token: publication.token })
    completed += 1
    yield* logEvent.info("publication.completed", "Completed what an earlier life had sent", {
      hash: publication.contentHash,
    })
  }
  return { adopted, completed, open }
})
