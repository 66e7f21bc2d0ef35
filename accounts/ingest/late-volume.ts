import * as Effect from "effect/Effect"
import { retrySkipped, skippedBefore } from "../../db/skipped.ts"
import { setStem } from "../../src/archive/set-stem.ts"
import { logEvent } from "../../src/log-line.ts"
import type { SetWork } from "./set-work.ts"

/**
 * A set that lacks volumes is seen for the first time: if a set of this name was given up in the channel before, these
 * may be what it lacked. That one is looked at again from its first message on, together with them.
 */
export const reviveForLateVolumes = Effect.fn("reviveForLateVolumes")(function* (work: SetWork) {
  const skipped = yield* skippedBefore(work.source.channelId, work.set.firstMessageId)
  const stem = setStem(work.set.name)
  const ids = skipped.filter(({ fileName }) => setStem(fileName) === stem).map(({ id }) => id)
  if (ids.length === 0) return
  yield* retrySkipped(ids)
  yield* logEvent.info("volume.late", "Volumes came late: the set that was given up is looked at again", {
    sets: ids.length,
  })
})
