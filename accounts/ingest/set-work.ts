import type * as Effect from "effect/Effect"
import type { Destination, Source } from "../../db/channels.ts"
import type { SetKey } from "../../db/claims.ts"
import type { ArchiveSet } from "../../src/archive/archive-set.ts"
import type { CycleEvent, Outcome, Stage } from "../../src/channel/account-rpcs.ts"
import type { SetFolder } from "./set-folder.ts"
import type { SourceVolume } from "./source-file.ts"
import type { TopicNames } from "./topic-names.ts"

/** One archive set on its way, with everything its stages need to know. */
export interface SetWork {
  readonly set: ArchiveSet<SourceVolume>
  readonly source: Source
  /** The first messages of the sets that the scan gave out last. */
  readonly setStarts: ReadonlyArray<number>
  /** Null: the source has no topics. */
  readonly topicNames: TopicNames | null
  readonly destination: Destination
  readonly runId: string
  readonly folder: SetFolder
  /** What one message of this account may hold, in bytes. */
  readonly maxUploadBytes: number
  readonly report: (event: CycleEvent) => Effect.Effect<void>
}

/** How a set left its way. */
export interface Departure {
  readonly outcome: Outcome
  readonly reason: string
  readonly contentHash: string | null
  readonly parts: number
}

/** Names the set in the database. */
export const identityOf = ({ set, source }: SetWork): SetKey => ({
  sourceChannelId: source.channelId,
  firstMessageId: set.firstMessageId,
})

export const setKeyOf = (source: Source, set: ArchiveSet<SourceVolume>): string =>
  `${source.channelId}:${set.firstMessageId}`

/** Tells how far `stage` of a set is. */
export const reportProgress = (work: SetWork, stage: Stage, doneBytes: number): Effect.Effect<void> =>
  work.report({
    _tag: "SetProgress",
    setKey: setKeyOf(work.source, work.set),
    name: work.set.name,
    stage,
    doneBytes: Math.min(doneBytes, work.set.bytes),
    totalBytes: work.set.bytes,
  })

export const departureEvent = (source: Source, set: ArchiveSet<SourceVolume>, departure: Departure): CycleEvent => ({
  _tag: "SetLeft",
  setKey: setKeyOf(source, set),
  name: set.name,
  ...departure,
  sourceTitle: source.title,
  bytes: set.bytes,
})
