import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Source } from "../../db/channels.ts"
import { unsettledSets } from "../../db/claims.ts"
import {
  type BegunScan,
  endScan,
  noteSetMessages,
  noteTopics,
  readersAtWork,
  saveScan,
} from "../../db/source-states.ts"
import type { ArchiveSet } from "../../src/archive/archive-set.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { ONE_MESSAGE } from "../telegram/document-pages.ts"
import { messagesById, PAGE_SIZE } from "../telegram/history.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { Drain } from "./drain.ts"
import { SourceScan } from "./scan-source.ts"
import { SetGatherer } from "./set-gatherer.ts"
import { setKeyOf } from "./set-work.ts"
import { shareOut } from "./share-out.ts"
import { type SourceVolume, toVolumes } from "./source-file.ts"
import type { TopicNames } from "./topic-names.ts"
import { skipVanishedSets } from "./vanished-sets.ts"

export type VolumeSet = ArchiveSet<SourceVolume>

/** After a kill, what was read in this time is read again. */
const SAVE_MILLIS = 2_000
/** Of the sets given out last, so many starts are remembered: a photo before one of them is not for the next. */
const REMEMBERED_STARTS = 200

/** What is there of these messages, as far as they hold documents that this account sees. */
const documentsOf = Effect.fn("documentsOf")(function* (chatId: number, messageIds: ReadonlyArray<number>) {
  const sorted = [...new Set(messageIds)].sort((a, b) => a - b)
  const pages = Array.from({ length: Math.ceil(sorted.length / PAGE_SIZE) }, (_, page) =>
    sorted.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
  )
  const messages = yield* Effect.forEach(pages, (page) => messagesById(chatId, page))
  return messages.flat().flatMap((message) => (message === null ? [] : toVolumes(message)))
})

/** Nothing to do, and nothing more to read. */
const atEnd = [[], Option.none<void>()] as const

/**
 * Reads what is new in a source, from where `begun` says, and gives its sets out; what was read, and what is given out and
 * not known to the database yet, is saved every few seconds, and the mark moved after it.
 */
export const makeSourceReading = Effect.fn("makeSourceReading")(function* (source: Source, begun: BegunScan) {
  const { accountId, documentExtensions, scanOrder } = yield* AccountConfig
  const drain = yield* Drain
  const scanOf = { mapId: source.mapId, channelId: source.channelId, epoch: begun.epoch }
  const readers = yield* readersAtWork(source.channelId)
  const unsettled = yield* unsettledSets(source.channelId)
  const scan = new SourceScan(source.chatId, scanOrder, begun)
  const gatherer = new SetGatherer<SourceVolume>(documentExtensions)
  gatherer.add(yield* documentsOf(source.chatId, [...begun.loose, ...unsettled.flatMap((set) => set.messageIds)]))

  /** Given out, and not yet known to the database. */
  const open = new Set<VolumeSet>()
  const starts: Array<number> = []
  /** The newest document of every topic that has some. */
  const topics = new Map<number, number>()
  /** What became of the first messages of sets that were begun before. */
  const found = new Map<number, "start" | "within">()
  const sought = new Set(unsettled.map(({ firstMessageId }) => firstMessageId))
  let messageCount = 0
  let setCount = 0
  let savedAt = yield* Clock.currentTimeMillis
  let isSetBack = false
  let failure: TelegramError | undefined

  const save = Effect.gen(function* () {
    savedAt = yield* Clock.currentTimeMillis
    const underWay = [...open].flatMap(({ volumes }) => volumes.map(({ messageId }) => messageId))
    if (yield* saveScan(scanOf, { ...scan.place, loose: [...gatherer.held, ...underWay] })) return
    isSetBack = true
    yield* logEvent.info("mark.kept", "The mark was set back meanwhile: the next cycle looks again from there")
  })
  const saveNowAndThen = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now - savedAt < SAVE_MILLIS || isSetBack ? Effect.void : save,
  )

  const take = (messages: ReadonlyArray<ChannelMessage>): void => {
    const volumes = messages.flatMap(toVolumes)
    gatherer.add(volumes)
    messageCount += messages.length
    for (const { messageId, topicId } of volumes)
      if (topicId !== null) topics.set(topicId, Math.max(messageId, topics.get(topicId) ?? 0))
  }
  const giveOut = (sets: ReadonlyArray<VolumeSet>): ReadonlyArray<VolumeSet> => {
    for (const set of sets) {
      open.add(set)
      starts.push(set.firstMessageId)
      for (const { messageId } of set.volumes)
        if (sought.has(messageId)) found.set(messageId, messageId === set.firstMessageId ? "start" : "within")
    }
    setCount += sets.length
    if (starts.length > REMEMBERED_STARTS) starts.splice(0, starts.length - REMEMBERED_STARTS)
    const inOrder = scanOrder === "newest" ? [...sets].reverse() : sets
    return shareOut(inOrder, (set) => setKeyOf(source, set), accountId, readers)
  }

  /** The sets that the next stretch makes ready, and whether there is another. */
  const next = Effect.gen(function* () {
    if (isSetBack || drain.isDraining()) return atEnd
    const { isEnd, messages } = yield* drain.interruptible(scan.next)
    take(messages)
    const sets = giveOut(gatherer.take(isEnd))
    yield* saveNowAndThen
    return [sets, isEnd ? Option.none<void>() : Option.some<void>(undefined)] as const
  }).pipe(
    // What is under way goes on to its end first.
    Effect.catchTags({
      CycleCut: () => Effect.succeed(atEnd),
      TelegramError: (error) =>
        Effect.sync(() => {
          failure = error
          return atEnd
        }),
    }),
  )

  /** A set has left: from here on the database knows of it. */
  const leave = Effect.fnUntraced(function* (set: VolumeSet) {
    const messageIds = set.volumes.map(({ messageId }) => messageId)
    if (messageIds.length > 1) yield* noteSetMessages(source.channelId, messageIds)
    open.delete(set)
    yield* saveNowAndThen
  })

  /** Once all sets have left: saves the rest, settles what is not there any more. Fails with what cut the reading off. */
  const end = Effect.fn("endReading")(function* (topicNames: TopicNames | null) {
    const isWhole = failure === undefined && !isSetBack && !drain.isDraining()
    if (isWhole) yield* skipVanishedSets(source, unsettled, found)
    if (!isSetBack) yield* save
    yield* reach("mark.moved")
    if (failure !== undefined) return yield* failure
    if (!isWhole) return
    yield* endScan(source.mapId)
    const noted = [...topics].map(([topicId, messageId]) => ({
      // The predecessor's TDLib named a topic by its first message, with TDLib's id of it.
      topicId: topicId * ONE_MESSAGE,
      name: topicNames?.known(topicId) ?? null,
      messageId,
    }))
    if (noted.length > 0) yield* noteTopics(source.mapId, noted)
  })

  return {
    next,
    leave,
    end,
    /** Where the sets given out last begin. */
    starts: starts as ReadonlyArray<number>,
    counts: () => ({ messages: messageCount, sets: setCount, ignored: gatherer.ignored }),
  }
})
