import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Destination, Source } from "../../db/channels.ts"
import { unsettledSets } from "../../db/claims.ts"
import { beginScan, endScan, noteSetMessages, noteTopics, readersAtWork, saveScan } from "../../db/source-states.ts"
import type { ArchiveSet } from "../../src/archive/archive-set.ts"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { requireSource } from "../telegram/chats.ts"
import { ONE_MESSAGE } from "../telegram/document-pages.ts"
import { messagesById, PAGE_SIZE } from "../telegram/history.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { Drain } from "./drain.ts"
import { ingestSet } from "./ingest-set.ts"
import { left } from "./leave-set.ts"
import { SourceScan } from "./scan-source.ts"
import { planSetFolder } from "./set-folder.ts"
import { SetGatherer } from "./set-gatherer.ts"
import { Places, type SetWork, setKeyOf } from "./set-work.ts"
import { shareOut } from "./share-out.ts"
import { type SourceVolume, toVolumes } from "./source-file.ts"
import { makeTopicNames } from "./topic-names.ts"
import { skipVanishedSets } from "./vanished-sets.ts"

/** What all sets of one cycle share. */
export interface CycleFrame {
  readonly destination: Destination
  readonly runId: string
  readonly report: (event: CycleEvent) => Effect.Effect<void>
}

type VolumeSet = ArchiveSet<SourceVolume>

/** The cycle is about to end: the next one looks at the set. */
const notTakenUp = left("deferred", "the account takes no set up now")

/** Sets of one source that are looked at side by side; those that travel have the account's places. */
const SETS_AT_ONCE = 8
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

/** What a scan has come across, for reports. */
interface Tally {
  messages: number
  sets: number
  /** The newest document by topic. */
  readonly topics: Map<number, number>
}

/**
 * Goes through what is new in one source: reads, and ingests every set while it reads on; moves the mark. Where an earlier
 * scan was cut off it goes on.
 * Fails with `TelegramError` when the source cannot be read, or with what stops the whole account.
 */
export const ingestSource = Effect.fn("ingestSource")(function* (source: Source, frame: CycleFrame) {
  const { accountId, documentExtensions, scanOrder, tempDirectory } = yield* AccountConfig
  const places = yield* Places
  const drain = yield* Drain
  const { isForum } = yield* requireSource(source.chatId)
  const begun = yield* beginScan(source.mapId)
  if (Option.isNone(begun)) return
  const scanOf = { mapId: source.mapId, channelId: source.channelId, epoch: begun.value.epoch }
  const readers = yield* readersAtWork(source.channelId)
  const unsettled = yield* unsettledSets(source.channelId)
  const topicNames = isForum ? makeTopicNames(source.chatId) : null

  const scan = new SourceScan(source.chatId, scanOrder, begun.value)
  const gatherer = new SetGatherer<SourceVolume>(documentExtensions)
  const earlier = [...begun.value.loose, ...unsettled.flatMap(({ messageIds }) => messageIds)]
  gatherer.add(yield* documentsOf(source.chatId, earlier))

  /** Given out, and not yet known to the database. */
  const open = new Set<VolumeSet>()
  const starts: Array<number> = []
  const tally: Tally = { messages: 0, sets: 0, topics: new Map() }
  const found = new Map<number, "start" | "within">()
  const sought = new Set(unsettled.map(({ firstMessageId }) => firstMessageId))
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

  const giveOut = (sets: ReadonlyArray<VolumeSet>): ReadonlyArray<VolumeSet> => {
    for (const set of sets) {
      open.add(set)
      starts.push(set.firstMessageId)
      tally.sets += 1
      for (const { messageId } of set.volumes)
        if (sought.has(messageId)) found.set(messageId, messageId === set.firstMessageId ? "start" : "within")
    }
    if (starts.length > REMEMBERED_STARTS) starts.splice(0, starts.length - REMEMBERED_STARTS)
    const inOrder = scanOrder === "newest" ? [...sets].reverse() : sets
    return shareOut(inOrder, (set) => setKeyOf(source, set), accountId, readers)
  }

  const readOn = Effect.gen(function* () {
    if (isSetBack || drain.isDraining()) return [[], Option.none<void>()] as const
    const { isEnd, messages } = yield* scan.next
    const volumes = messages.flatMap(toVolumes)
    gatherer.add(volumes)
    tally.messages += messages.length
    for (const { messageId, topicId } of volumes)
      if (topicId !== null) tally.topics.set(topicId, Math.max(messageId, tally.topics.get(topicId) ?? 0))
    const sets = giveOut(gatherer.take(isEnd))
    yield* saveNowAndThen
    return [sets, isEnd ? Option.none<void>() : Option.some<void>(undefined)] as const
  }).pipe(
    Effect.catchIf(
      (error): error is TelegramError => error._tag === "TelegramError",
      // What is under way goes on to its end first.
      (error) => {
        failure = error
        return Effect.succeed([[], Option.none<void>()] as const)
      },
    ),
  )

  const limit = yield* UploadLimit
  const workOf = (set: VolumeSet): SetWork => ({
    ...frame,
    maxUploadBytes: limit.bytes(),
    set,
    source,
    setStarts: starts,
    topicNames,
    folder: planSetFolder(tempDirectory, {
      chatId: source.chatId,
      firstMessageId: set.firstMessageId,
      volumes: set.volumes,
    }),
  })
  const ingest = Effect.fnUntraced(function* (set: VolumeSet) {
    const departure = yield* places.sets.withPermits(1)(
      Effect.suspend(() => (drain.isDraining() ? Effect.succeed(notTakenUp) : ingestSet(workOf(set)))),
    )
    if (departure === notTakenUp) return
    if (set.volumes.length > 1)
      yield* noteSetMessages(
        source.channelId,
        set.volumes.map(({ messageId }) => messageId),
      )
    open.delete(set)
    yield* saveNowAndThen
  })
  yield* Stream.paginate(undefined, () => readOn).pipe(
    Stream.mapEffect(ingest, { concurrency: SETS_AT_ONCE, unordered: true }),
    Stream.runDrain,
  )

  const { ignored } = gatherer
  const { messages, sets } = tally
  yield* frame.report({ _tag: "SourceScanned", title: source.title, messages, sets, ignored })
  yield* logEvent.info("source.scanned", `${source.title}: ${sets} sets`, {
    channel: source.title,
    messages,
    sets,
    ignored,
  })
  yield* reach("scan.done")
  const isWhole = failure === undefined && !isSetBack && !drain.isDraining()
  if (isWhole) yield* skipVanishedSets(source, unsettled, found)
  if (!isSetBack) yield* save
  yield* reach("mark.moved")
  if (failure !== undefined) return yield* failure
  if (!isWhole) return
  yield* endScan(source.mapId)
  const topics = [...tally.topics].map(([topicId, messageId]) => ({
    // The predecessor's TDLib named a topic by its first message, with TDLib's id of it.
    topicId: topicId * ONE_MESSAGE,
    name: topicNames?.known(topicId) ?? null,
    messageId,
  }))
  if (topics.length > 0) yield* noteTopics(source.mapId, topics)
})
