import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { destination as destinationOf } from "../../db/channels.ts"
import type { DatabaseError } from "../../db/database.ts"
import { destinationsSoFar } from "../../db/deliveries.ts"
import { finishPublication, openPublications, type Publication } from "../../db/journal.ts"
import { type LockLost, LockSession } from "../../db/lock-session.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { keepClaims } from "../ingest/claim-leases.ts"
import { loadAllChats, pendingSends } from "../telegram/history.ts"
import { deleteMessages } from "../telegram/send.ts"
import { Tdlib } from "../telegram/tdlib.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { adoptDelivered } from "./adopt-delivered.ts"
import { awaitReplay, type Replay, replayOf } from "./await-replay.ts"

const isSamePart = (a: Replay, b: Replay): boolean =>
  a.publication.contentHash === b.publication.contentHash && a.part.part === b.part.part

/** The lowest message after which anything of these publications in `chatId` can lie; 0 when there is none. */
const beginningIn = (chatId: number, publications: ReadonlyArray<Publication>): number => {
  const ids = publications.filter(({ destChatId }) => destChatId === chatId).map(({ afterMessageId }) => afterMessageId)
  return ids.length === 0 ? 0 : Math.min(...ids)
}

/**
 * With the network still off: matches TDLib's unsent messages to the publications by their caption tag, and cancels the
 * rest before a packet leaves. What is cancelled here is sent by nobody.
 */
const cancelPointlessSends = Effect.fn("cancelPointlessSends")(function* (publications: ReadonlyArray<Publication>) {
  const current = yield* destinationOf()
  const chatIds = new Set(publications.map(({ destChatId }) => destChatId))
  if (Option.isSome(current)) chatIds.add(current.value.chatId)
  for (const { chatId } of yield* destinationsSoFar()) chatIds.add(chatId)

  const replays: Array<Replay> = []
  let cancelled = 0
  for (const chatId of chatIds) {
    // A chat this TDLib has never seen has no unsent messages.
    const pending = yield* pendingSends(chatId, beginningIn(chatId, publications)).pipe(
      Effect.catchIf(
        (error) => error.kind === "not_found" || error.kind === "refused",
        () => Effect.succeed([]),
      ),
    )
    const pointless: Array<number> = []
    for (const message of pending) {
      const replay = replayOf(message, publications)
      const isTwin = replay !== undefined && replays.some((other) => isSamePart(other, replay))
      if (replay === undefined || isTwin) pointless.push(message.id)
      else replays.push(replay)
    }
    yield* deleteMessages(chatId, pointless)
    cancelled += pointless.length
  }
  return { replays, cancelled }
})

/** One that does not come now is waited for again by the cycle that takes the publication up. */
const awaitOrLeave = (replay: Replay) =>
  awaitReplay(replay, () => {}).pipe(
    Effect.catchIf(
      (error) => error._tag === "TelegramError" && error.kind === "timeout",
      (error) =>
        logEvent.warn("replay.late", "An unsent part of an earlier life does not move", {
          hash: replay.publication.contentHash,
          part: replay.part.part,
          error: error.message,
        }),
    ),
  )

const missingParts = ({ parts }: Publication): number =>
  parts.filter(({ destMessageId }) => destMessageId === null).length

interface Settled {
  readonly adopted: number
  readonly completed: number
  readonly open: number
}

/** Adopts what was delivered unrecorded, and completes the publication if that is all of it. */
const settlePublication = Effect.fn("settlePublication")(function* (publication: Publication) {
  const looked = yield* adoptDelivered(publication)
  yield* reach("settle.adopted")
  const missing = missingParts(looked)
  const adopted = missingParts(publication) - missing
  if (missing > 0) return { adopted, completed: 0, open: 1 }
  yield* finishPublication({ contentHash: publication.contentHash, token: publication.token })
  yield* logEvent.info("publication.completed", "Completed what an earlier life had sent", {
    hash: publication.contentHash,
  })
  return { adopted, completed: 1, open: 0 }
})

const isFatal = (error: DatabaseError | TelegramError): boolean =>
  error._tag === "DatabaseError"
    ? error.reason !== "conflict"
    : error.kind === "closed" || error.kind === "unauthorised"

/** A publication that cannot be settled now (its chat is gone, somebody was faster) stays open, visibly. */
const settleOrLeaveOpen = (publication: Publication) =>
  settlePublication(publication).pipe(
    Effect.catchIf(
      (error) => !isFatal(error),
      (error) =>
        Effect.as(
          logEvent.warn("publication.open", "A publication could not be settled; the next cycle goes on with it", {
            hash: publication.contentHash,
            error: error.message,
          }),
          { adopted: 0, completed: 0, open: 1 } satisfies Settled,
        ),
    ),
  )

/** Runs `work` under the hash locks of those of the `wanted` publications that nobody else is working on. */
const holdingLocks = <A, E, R>(
  wanted: ReadonlyArray<Publication>,
  held: ReadonlyArray<Publication>,
  work: (held: ReadonlyArray<Publication>) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E | LockLost | DatabaseError, R | LockSession> => {
  const [next, ...others] = wanted
  if (next === undefined) return work(held)
  return Effect.gen(function* () {
    const locks = yield* LockSession
    const inside = yield* locks.withHashLock(next.contentHash, holdingLocks(others, [...held, next], work))
    return Option.isSome(inside) ? inside.value : yield* holdingLocks(others, held, work)
  })
}

/**
 * Settles what an earlier life left half done; TDLib must be offline still. Under the hash locks of the account's open
 * publications: cancels pointless sends, goes online, waits for TDLib's own replays, adopts what was delivered
 * unrecorded, and completes the publications whose parts are all there. The others stay open: the next cycle goes on
 * with their missing parts. TDLib is online afterwards.
 */
export const settle = Effect.fn("settle")(function* () {
  const { accountId } = yield* AccountConfig
  const tdlib = yield* Tdlib
  yield* keepClaims()
  const settleHeld = Effect.fn("settleHeld")(function* (held: ReadonlyArray<Publication>) {
    yield* reach("settle.begin")
    const { cancelled, replays } = yield* cancelPointlessSends(held)
    yield* reach("settle.cancelled")
    yield* tdlib.goOnline
    yield* loadAllChats()
    yield* reach("settle.online")
    yield* Effect.forEach(replays, awaitOrLeave, { concurrency: "unbounded", discard: true })
    yield* reach("settle.replayed")
    const hashes = new Set(held.map(({ contentHash }) => contentHash))
    const now = (yield* openPublications(accountId)).filter(({ contentHash }) => hashes.has(contentHash))
    const settled: ReadonlyArray<Settled> = yield* Effect.forEach(now, settleOrLeaveOpen)
    yield* reach("settle.done")
    const sum = (field: keyof Settled) => settled.reduce((total, one) => total + one[field], 0)
    return { adopted: sum("adopted"), completed: sum("completed"), open: sum("open"), cancelled }
  })
  return yield* holdingLocks(yield* openPublications(accountId), [], settleHeld)
}, Effect.scoped)
