import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Source } from "../../db/channels.ts"
import { beginScan } from "../../db/source-states.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { requireSource } from "../telegram/chats.ts"
import { Drain } from "./drain.ts"
import { heldByAnother, notTakenUp } from "./leave-set.ts"
import { departureEvent } from "./set-work.ts"
import { makeSourceReading, type VolumeSet } from "./source-reading.ts"
import { type CycleFrame, takeUpSet } from "./take-up-set.ts"
import { makeTakenSets } from "./taken-sets.ts"

/** Sets of one source that are looked at, or wait for a place of the account, side by side. */
const SETS_AT_ONCE = 12

/**
 * Goes through what is new in one source: reads, and ingests every set while it reads on; moves the mark. Where an earlier
 * scan was cut off it goes on.
 * Fails with `TelegramError` when the source cannot be read, with `CycleCut` when it need not be any more, or with what
 * stops the whole account.
 */
export const ingestSource = Effect.fn("ingestSource")(function* (source: Source, frame: CycleFrame) {
  const drain = yield* Drain
  const { isForum } = yield* requireSource(source.chatId)
  const begun = yield* beginScan(source.mapId)
  if (Option.isNone(begun)) return
  const reading = yield* drain.interruptible(makeSourceReading(source, begun.value))
  const topicNames = isForum ? frame.topicNamesOf(source.chatId) : null

  const others = yield* makeTakenSets(source.channelId, (yield* AccountConfig).accountId)

  const takeUp = Effect.fnUntraced(function* (set: VolumeSet) {
    const departure = yield* takeUpSet({ set, source, setStarts: reading.starts, topicNames }, frame)
    if (departure !== notTakenUp) yield* reading.leave(set)
  })
  const ingest = Effect.fnUntraced(function* (set: VolumeSet) {
    const taken = drain.isDraining() ? undefined : yield* others.look(set)
    if (taken === undefined) return yield* takeUp(set)
    if (taken === "held") yield* frame.report(departureEvent(source, set, heldByAnother))
    yield* reading.leave(set)
  })
  const tellReading = Effect.suspend(() => {
    const { messages, sets } = reading.counts()
    const { channelId, title } = source
    return frame.report({ _tag: "SourceReading", channelId, title, messages, sets })
  })
  yield* tellReading
  const next = Effect.tap(reading.next, ([sets]) => {
    others.expect(sets)
    return tellReading
  })
  yield* Stream.paginate(undefined, () => next).pipe(
    Stream.mapEffect(ingest, { concurrency: SETS_AT_ONCE, unordered: true }),
    Stream.runDrain,
  )

  const counts = reading.counts()
  yield* frame.report({ _tag: "SourceScanned", title: source.title, ...counts })
  yield* logEvent.info("source.scanned", `${source.title}: ${counts.sets} sets`, { channel: source.title, ...counts })
  yield* reach("scan.done")
  yield* reading.end(topicNames)
})
