import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import {
  CpuJobError,
  CutJob,
  CutResult,
  DigestJob,
  DigestResult,
  GrowingDigestJob,
  Growth,
  InspectJob,
  InspectResult,
  PreviewJob,
  PreviewResult,
} from "../cpu/jobs.ts"

/** A long digest tells how far it is, and ends with its result. */
export const DigestEvent = Schema.Union([
  Schema.TaggedStruct("Progress", { doneBytes: Schema.Int }),
  Schema.TaggedStruct("Done", { result: DigestResult }),
])
export type DigestEvent = typeof DigestEvent.Type

/** The same for a set that is being downloaded; `Following` says that its growth may be told from now on. */
export const GrowingDigestEvent = Schema.Union([Schema.TaggedStruct("Following", {}), DigestEvent])
export type GrowingDigestEvent = typeof GrowingDigestEvent.Type

/** Which way bytes go, as Telegram's clients see it. */
export const Direction = Schema.Literals(["down", "up"])
export type Direction = typeof Direction.Type

/** Names one digest that follows a download, among those of its account. */
const FollowId = Schema.Int

/**
 * What an account asks of the supervisor: CPU work and bandwidth, bounded once for the whole container, and a cycle before
 * its time; and what it tells of itself at any time.
 * Paths and digests cross the channel, never file bytes. Interrupting a call stops the job.
 */
export class SupervisorRpcs extends RpcGroup.make(
  Rpc.make("Digest", { payload: DigestJob, success: DigestEvent, error: CpuJobError, stream: true }),
  Rpc.make("DigestWhileGrowing", {
    payload: { id: FollowId, job: GrowingDigestJob },
    success: GrowingDigestEvent,
    error: CpuJobError,
    stream: true,
  }),
  // Nothing happens when nobody follows under this id (any more).
  Rpc.make("Grown", { payload: { id: FollowId, growth: Growth } }),
  Rpc.make("Cut", { payload: CutJob, success: CutResult, error: CpuJobError }),
  Rpc.make("Inspect", { payload: InspectJob, success: InspectResult, error: CpuJobError }),
  Rpc.make("Preview", { payload: PreviewJob, success: PreviewResult, error: CpuJobError }),
  /** Waits until so many bytes, or some of them, may be moved, and answers how many; null: there is no limit now. */
  Rpc.make("TakeBandwidth", {
    payload: { direction: Direction, wantedBytes: Schema.Int },
    success: Schema.NullOr(Schema.Int),
  }),
  /** Something new is in one of its sources. */
  Rpc.make("Posted"),
  /** The account has Premium now, or has it no more. */
  Rpc.make("PremiumChanged", { payload: { isPremium: Schema.Boolean } }),
) {}
