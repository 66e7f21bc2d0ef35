import * as Effect from "effect/Effect"
import type { Destination, Source } from "../../db/channels.ts"
import type { CycleEvent } from "../../src/channel/account-rpcs.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { Drain } from "./drain.ts"
import { ingestSet, lookAtSet } from "./ingest-set.ts"
import { notTakenUp } from "./leave-set.ts"
import { Places } from "./places.ts"
import { planSetFolder } from "./set-folder.ts"
import { type SetWork, setKeyOf } from "./set-work.ts"
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

interface TakingUp {
  readonly isPosted: boolean
  /** Run when there is no place for it at once. */
  readonly whileWaiting?: Effect.Effect<void>
}

/** Waits for a place of the account, unless the set needs none: one that cannot be claimed is told so without. */
const begin = Effect.fnUntraced(function* (found: FoundSet, frame: CycleFrame, { isPosted, whileWaiting }: TakingUp) {
  const drain = yield* Drain
  const places = yield* Places
  if (drain.isDraining()) return notTakenUp
  const work = yield* workOf(found, frame)
  const enter = places.enter({ bytes: work.set.bytes, isPosted }, whileWaiting)
  const standing = yield* lookAtSet(work)
  const inPlace = standing === "open" ? Effect.succeed(yield* enter) : enter
  return drain.isDraining() ? notTakenUp : yield* ingestSet(work, standing, inPlace)
}, Effect.scoped)

/** Ingests a set when there is a place of the account for it, behind all that wait already. `notTakenUp`: not in this cycle. */
export const takeUpSet = Effect.fn("takeUpSet")(function* (found: FoundSet, frame: CycleFrame) {
  return yield* frame.underWay.alone(
    messageKeys(found.source.channelId, found.set),
    begin(found, frame, { isPosted: false }),
  )
})

/** As `takeUpSet`, before all that wait; visible while it waits. */
export const takeUpPost = Effect.fn("takeUpPost")(function* (found: FoundSet, frame: CycleFrame) {
  const { set, source } = found
  const { bytes, name, volumes } = set
  const whileWaiting = Effect.andThen(
    logEvent.info("post.queued", `${name} was posted and waits for a place: all of the account's are taken`),
    frame.report({ _tag: "SetStarted", setKey: setKeyOf(source, set), name, bytes, volumes: volumes.length }),
  )
  return yield* frame.underWay
    .alone(messageKeys(source.channelId, set), begin(found, frame, { isPosted: true, whileWaiting }))
    .pipe(Effect.annotateLogs({ channel: source.title, set: name }))
})
