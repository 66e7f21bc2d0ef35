import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Semaphore from "effect/Semaphore"
import { type Source, sourcesOf } from "../../db/channels.ts"
import { noteSetMessages } from "../../db/source-states.ts"
import { groupArchiveSets } from "../../src/archive/archive-set.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { requireSource } from "../telegram/chats.ts"
import { searchPage } from "../telegram/history.ts"
import { Drain } from "./drain.ts"
import { notTakenUp } from "./leave-set.ts"
import { Posts } from "./posts.ts"
import { messageKeys } from "./sets-under-way.ts"
import { toVolumes } from "./source-file.ts"
import { type CycleFrame, type FoundSet, takeUpPost } from "./take-up-set.ts"
import { isSourceTrouble } from "./trouble.ts"

/**
 * The sets that these messages belong to, as far as the source's newest hundred documents show, and they lack nothing.
 * Whatever else was posted is left to the scan, which knows what came before.
 */
const postedSets = Effect.fn("postedSets")(function* (
  source: Source,
  messageIds: ReadonlySet<number>,
  frame: CycleFrame,
) {
  const { documentExtensions } = yield* AccountConfig
  const { isForum } = yield* requireSource(source.chatId)
  const { messages } = yield* searchPage(source.chatId, "documents", 0)
  const sets = groupArchiveSets(messages.flatMap(toVolumes), { documentExtensions })
  const beside = {
    source,
    setStarts: sets.map(({ firstMessageId }) => firstMessageId),
    topicNames: isForum ? frame.topicNamesOf(source.chatId) : null,
  }
  return sets
    .filter(({ state, volumes }) => state === "complete" && volumes.some(({ messageId }) => messageIds.has(messageId)))
    .map((set): FoundSet => ({ ...beside, set }))
})

const ingestPost = Effect.fn("ingestPost")(function* (found: FoundSet, frame: CycleFrame) {
  const { set, source } = found
  const departure = yield* takeUpPost(found, frame)
  if (departure === notTakenUp || set.volumes.length === 1) return
  yield* noteSetMessages(
    source.channelId,
    set.volumes.map(({ messageId }) => messageId),
  )
})

/**
 * Ingests what is posted in the account's sources while a cycle runs, wherever the cycle is: beside its scans, which may
 * last for weeks. What could not be looked at here is found by the cycle that follows.
 */
export const ingestPosts = Effect.fn("ingestPosts")(function* (frame: CycleFrame) {
  const { accountId } = yield* AccountConfig
  const drain = yield* Drain
  const posts = yield* Posts
  const looking = yield* Semaphore.make(1)
  const underWay = yield* FiberSet.make<void, Effect.Error<ReturnType<typeof ingestPost>>>()

  const look = Effect.fn("lookAtPosts")(function* (source: Source, messageIds: ReadonlySet<number>) {
    const found = yield* drain.interruptible(postedSets(source, messageIds, frame))
    const isNews = ({ set }: FoundSet): boolean => !frame.underWay.has(messageKeys(source.channelId, set))
    for (const one of found.filter(isNews)) yield* FiberSet.run(underWay, ingestPost(one, frame))
  })
  const lookOrLeave = (source: Source, messageIds: ReadonlySet<number>) =>
    look(source, messageIds).pipe(
      Effect.catchTag("CycleCut", () => Effect.void),
      Effect.catchIf(isSourceTrouble, (error) =>
        logEvent.warn("post.left", `What was posted in ${source.title} is looked at by the next cycle`, {
          channel: source.title,
          error: error.message,
        }),
      ),
    )
  const lookAtAll = Effect.gen(function* () {
    const posted = posts.take()
    if (posted.size === 0 || drain.isDraining()) return
    for (const source of yield* sourcesOf(accountId)) {
      const messageIds = posted.get(source.chatId)
      if (messageIds !== undefined) yield* lookOrLeave(source, messageIds)
    }
  })

  /** Completes when nothing that was posted is to be looked at, or under way. */
  const atRest: Effect.Effect<void> = Effect.gen(function* () {
    for (;;) {
      const isAtRest = yield* looking.withPermits(1)(
        Effect.map(FiberSet.size(underWay), (size) => size === 0 && (posts.isEmpty() || drain.isDraining())),
      )
      if (isAtRest) return
      yield* FiberSet.awaitEmpty(underWay)
      yield* Effect.yieldNow
    }
  })
  return {
    /** Goes on until it is interrupted; fails with what stops the account. */
    run: Effect.raceFirst(
      Effect.forever(Effect.andThen(posts.arrived, looking.withPermits(1)(lookAtAll))),
      Effect.andThen(FiberSet.join(underWay), Effect.never),
    ),
    atRest,
  }
})
