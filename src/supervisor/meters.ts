import { Effect, Metric } from "effect"
import { type CycleEvent, outcomes } from "../channel/account-rpcs.ts"
import { type Measurement, timedStages } from "../channel/measurements.ts"

/**
 * What is counted of all accounts, from the worker's start on. Labels are bounded: account names, and words of ours or of
 * TDLib's interface. What can be looked up when it is asked for is no counter: see src/console/gauges.ts.
 */
const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const movedBytes = counter("stash_transferred_bytes_total", "Bytes of files that came from Telegram or went there")
const movedFiles = counter("stash_transferred_files_total", "Files that came from Telegram or went there, in full")
const sets = counter("stash_sets_total", "Archive sets that left a cycle, by outcome; a duplicate is a copy avoided")
const setBytes = counter(
  "stash_sets_bytes_total",
  "Bytes of the archive sets that left a cycle, by outcome; those of duplicates were not stored again",
)
const failedSources = counter("stash_source_failures_total", "Times that a source could not be read")
const floodWaits = counter("stash_flood_waits_total", "Waits that Telegram asked for, by kind of call")
const floodWaitSeconds = counter("stash_flood_wait_seconds_total", "How long those waits were, when they began")
const speedLimits = counter("stash_speed_limits_total", "Times that Telegram began to slow transfers down")
const lockLosses = counter("stash_lock_losses_total", "Lock sessions that were lost, and with them all locks")
const restarts = counter("stash_account_restarts_total", "Lives of an account that were followed by another one")
const parkings = counter("stash_account_parkings_total", "Times that an account was parked")
const stageSeconds = Metric.histogram("stash_stage_seconds", {
  description: "How long the stages took that came to their end; an upload is that of one part",
  boundaries: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400],
})

/** What is counted of an account: what its cell tells, and what the supervisor sees of it. */
export type Counted =
  | Measurement
  | { readonly _tag: "Restarted"; readonly cause: "failed" | "asked" }
  | { readonly _tag: "Parked" }

const add = (metric: Metric.Counter<number>, labels: Readonly<Record<string, string>>, amount = 1) =>
  Metric.update(Metric.withAttributes(metric, labels), amount)

/** TDLib's queries that have no kind are one kind: nobody can tell them apart. */
const kindLabel = (kind: string): string => (kind.startsWith("query ") ? "other" : kind)

const countOne = (account: string, counted: Counted): Effect.Effect<void> => {
  switch (counted._tag) {
    case "Moved":
      return add(movedBytes, { account, direction: counted.direction }, counted.bytes)
    case "FileMoved":
      return add(movedFiles, { account, direction: counted.direction })
    case "StageEnded":
      return Metric.update(Metric.withAttributes(stageSeconds, { stage: counted.stage }), counted.seconds)
    case "AskedToWait": {
      const labels = { account, kind: kindLabel(counted.kind) }
      return Effect.andThen(add(floodWaits, labels), add(floodWaitSeconds, labels, counted.seconds))
    }
    case "SlowedDown":
      return add(speedLimits, { account, direction: counted.direction })
    case "LockLost":
      return add(lockLosses, { account })
    case "Restarted":
      return add(restarts, { account, cause: counted.cause })
    case "Parked":
      return add(parkings, { account })
  }
}

/** Adds to the counters of an account. */
export const count = (account: string, counted: ReadonlyArray<Counted>): Effect.Effect<void> =>
  Effect.forEach(counted, (one) => countOne(account, one), { discard: true })

/** Adds what a cycle tells. */
export const countEvent = (account: string, event: CycleEvent): Effect.Effect<void> => {
  if (event._tag === "SourceFailed") return add(failedSources, { account })
  if (event._tag !== "SetLeft") return Effect.void
  const labels = { account, outcome: event.outcome }
  return Effect.andThen(add(sets, labels), add(setBytes, labels, event.bytes))
}

/** Has the series of an account be there from its start on, with 0: a rate needs a value to begin with. */
export const introduce = Effect.fn("meters.introduce")(function* (account: string) {
  const directions = ["down", "up"] as const
  const zeros = [
    ...directions.flatMap((direction) =>
      [movedBytes, movedFiles, speedLimits].map((metric) => add(metric, { account, direction }, 0)),
    ),
    ...outcomes.flatMap((outcome) => [sets, setBytes].map((metric) => add(metric, { account, outcome }, 0))),
    ...["failed", "asked"].map((cause) => add(restarts, { account, cause }, 0)),
    ...["downloads", "uploads"].flatMap((kind) =>
      [floodWaits, floodWaitSeconds].map((metric) => add(metric, { account, kind }, 0)),
    ),
    ...[failedSources, lockLosses, parkings].map((metric) => add(metric, { account }, 0)),
    ...timedStages.map((stage) => Metric.value(Metric.withAttributes(stageSeconds, { stage }))),
  ]
  yield* Effect.all(zeros, { discard: true })
})
