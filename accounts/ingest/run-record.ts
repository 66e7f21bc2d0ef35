import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { failStaleRuns, finishRun, startRun, updateRun } from "../../db/runs.ts"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"
import { logEvent } from "../../src/log-line.ts"

/** The app's words for our stages (the predecessor's `currentStep`). */
const stepOf: Readonly<Record<Stage, string>> = {
  downloading: "downloading",
  hashing: "hashing",
  inspecting: "reading_metadata",
  uploading: "uploading",
  recording: "indexing",
}

const clear = {
  currentActivity: null,
  currentStep: null,
  currentChannel: null,
  currentFile: null,
  downloadedBytes: null,
  totalBytes: null,
  downloadPercent: null,
}

/**
 * The row in `ingestion_runs` that the app watches: counters and what happens now, written at most every two seconds.
 * A progress row that cannot be written is logged and never stops an archive (W-39).
 */
export const recordRun = Effect.fn("recordRun")(function* (accountId: string) {
  yield* failStaleRuns(accountId)
  const id = yield* startRun(accountId)
  const counters = { messagesScanned: 0, zipsFound: 0, zipsDuplicate: 0, zipsIngested: 0 }
  let activity: Record<string, string | number | null> = { ...clear }
  let isDirty = false

  const apply = (event: CycleEvent): void => {
    isDirty = true
    switch (event._tag) {
      case "SourceScanned":
        counters.messagesScanned += event.messages
        counters.zipsFound += event.sets
        return
      case "SetProgress":
        activity = {
          ...clear,
          currentActivity: `${event.stage} ${event.name}`,
          currentStep: stepOf[event.stage],
          currentFile: event.name,
          downloadedBytes: event.doneBytes,
          totalBytes: event.totalBytes,
          downloadPercent: event.totalBytes === 0 ? 100 : Math.floor((100 * event.doneBytes) / event.totalBytes),
        }
        return
      case "SetLeft":
        if (event.outcome === "published") counters.zipsIngested += 1
        if (event.outcome === "duplicate") counters.zipsDuplicate += 1
        activity = { ...clear, currentChannel: event.sourceTitle }
        return
      case "SetStarted":
      case "SetKnown":
      case "SourceFailed":
        return
    }
  }

  const write = Effect.suspend(() => {
    if (!isDirty) return Effect.void
    isDirty = false
    return updateRun(id, { ...counters, ...activity })
  }).pipe(
    Effect.catch((error) => logEvent.warn("run.unwritten", "Progress could not be written", { error: error.message })),
  )
  yield* write.pipe(Effect.repeat(Schedule.spaced("2 seconds")), Effect.forkScoped)

  return {
    id,
    note: (event: CycleEvent) => Effect.sync(() => apply(event)),
    finish: (cause: Cause.Cause<unknown> | null) =>
      finishRun(id, {
        status: cause === null ? "COMPLETED" : Cause.hasInterruptsOnly(cause) ? "CANCELLED" : "FAILED",
        ...counters,
        errorMessage: cause === null ? null : Cause.pretty(cause),
      }).pipe(
        Effect.timeout("3 seconds"),
        Effect.catch((error) =>
          logEvent.warn("run.unwritten", "The run could not be closed", { error: error.message }),
        ),
      ),
  }
})
