import * as Schema from "effect/Schema"
import { Direction } from "./supervisor-rpcs.ts"

/** What is timed of a set's way, and of an account's start. A digest mostly follows the download: `hash` is what is left after it. */
export const timedStages = ["settle", "download", "hash", "inspect", "split", "upload", "metadata"] as const
export type TimedStage = (typeof timedStages)[number]

/** What an account counts. Every one is told once, and adds to what was told before. */
export const Measurement = Schema.Union([
  /** Bytes of files that came from Telegram or went there. */
  Schema.TaggedStruct("Moved", { direction: Direction, bytes: Schema.Int }),
  /** A file has arrived, here or there. */
  Schema.TaggedStruct("FileMoved", { direction: Direction }),
  /** A stage has come to its end; one that failed or was broken off is not told. */
  Schema.TaggedStruct("StageEnded", { stage: Schema.Literals(timedStages), seconds: Schema.Number }),
  /** Telegram wants no call of this kind for so long. */
  Schema.TaggedStruct("AskedToWait", { kind: Schema.String, seconds: Schema.Number }),
  /** Telegram slows transfers down. */
  Schema.TaggedStruct("SlowedDown", { direction: Direction }),
  /** The lock session is gone, and all locks with it. */
  Schema.TaggedStruct("LockLost", {}),
])
export type Measurement = typeof Measurement.Type

/** What crosses the channel: those since the last ones. */
export const Measurements = Schema.Array(Measurement)
