import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Destination, Source } from "../../db/channels.ts"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { Drain } from "./drain.ts"
import { ingestSet } from "./ingest-set.ts"
import { left } from "./leave-set.ts"
import { planSetFolder } from "./set-folder.ts"
import { Places, type SetWork, setKeyOf } from "./set-work.ts"
import { messageKeys, type SetsUnderWay } from "./sets-under-way.ts"
import type { VolumeSet } from "./source-reading.ts"
import type { TopicNames } from "./topic-names.ts"

/** What all sets of one cycle share. */
export interface CycleFrame {
  readonly destination: Destination
  readonly runId: string
  readonly underWay: SetsUnderWay
  /** Of a forum, by its chat: asked for once, whoever needs them. */
  readonly topicNamesOf: (chatId: number) => TopicNames
  readonly report: (event: CycleEvent) => Effect.Effect<void>
}

/** A set, and where it was found. */
export interface FoundSet {
  readonly set: VolumeSet
  readonly source: Source
  /** The first messages of the sets beside it. */
  readonly setStarts: ReadonlyArray<number>
  readonly topicNames: TopicNames | null
}

/** The cycle is about to end: the next one looks at the set. */
export const notTakenUp = left("deferred", "the account takes no set up now")

const workOf = Effect.fn("workOf")(function* (found: FoundSet, frame: CycleFrame) {
  const { tempDirectory } = yield* AccountConfig
  const limit = yield* UploadLimit
  const { chatId } = found.source
  const { firstMessageId, volumes } = found.set
  const work: SetWork = {
    ...found,
    ...frame,
    maxUploadBytes: limit.bytes(),
    folder: planSetFolder(tempDirectory, { chatId, firstMessageId, volumes }),
  }
  return work
})

/** The way of a set that has a place. */
const begin = Effect.fnUntraced(function* (found: FoundSet, frame: CycleFrame) {
  const drain = yield* Drain
  return drain.isDraining() ? notTakenUp : yield* ingestSet(yield* workOf(found, frame))
})

/** Waits for a place of the account, behind all that wait already, and ingests the set. `notTakenUp`: not in this cycle. */
export const takeUpSet = Effect.fn("takeUpSet")(function* (found: FoundSet, frame: CycleFrame) {
  const places = yield* Places
  const inPlace = Effect.acquireUseRelease(
    places.line.withPermits(1)(places.sets.take(1)),
    () => begin(found, frame),
    () => places.sets.release(1),
  )
  return yield* frame.underWay.alone(messageKeys(found.source.channelId, found.set), inPlace)
})

/** As `takeUpSet`, before all that wait but one; visible while it waits. */
export const takeUpPost = Effect.fn("takeUpPost")(function* (found: FoundSet, frame: CycleFrame) {
  const { set, source } = found
  const places = yield* Places
  const work = Effect.suspend(() => begin(found, frame))
  const queue = Effect.gen(function* () {
    yield* logEvent.info("post.queued", `${set.name} was posted and waits for a place: all of the account's are taken`)
    const { bytes, name, volumes } = set
    yield* frame.report({ _tag: "SetStarted", setKey: setKeyOf(source, set), name, bytes, volumes: volumes.length })
    return yield* places.sets.withPermits(1)(work)
  })
  const inPlace = Effect.flatMap(
    places.sets.withPermitsIfAvailable(1)(work),
    Option.match({ onNone: () => queue, onSome: (departure) => Effect.succeed(departure) }),
  )
  return yield* frame.underWay
    .alone(messageKeys(source.channelId, set), inPlace)
    .pipe(Effect.annotateLogs({ channel: source.title, set: set.name }))
})
