import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcClient from "effect/rpc/RpcClient"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import * as Stream from "effect/Stream"
import { SupervisorRpcs } from "../src/channel/supervisor-rpcs.ts"
import { CpuJobError, type DigestJob, type DigestResult } from "../src/cpu/jobs.ts"

type Calls = RpcClient.FromGroup<typeof SupervisorRpcs, RpcClientError>

/** The supervisor as an account sees it: CPU work that is done elsewhere. */
export class Supervisor extends Context.Service<
  Supervisor,
  {
    /** SHA-256 over the files' bytes in order; `onProgress` hears the bytes read so far. */
    readonly digest: (
      job: DigestJob,
      onProgress: (doneBytes: number) => Effect.Effect<void>,
    ) => Effect.Effect<DigestResult, CpuJobError | RpcClientError>
    readonly cut: Calls["Cut"]
    readonly inspect: Calls["Inspect"]
    readonly preview: Calls["Preview"]
  }
>()("accounts/Supervisor") {
  static readonly layer = Layer.effect(
    Supervisor,
    Effect.map(RpcClient.make(SupervisorRpcs), (calls) =>
      Supervisor.of({
        digest: (job, onProgress) => digest(calls, job, onProgress),
        cut: calls.Cut,
        inspect: calls.Inspect,
        preview: calls.Preview,
      }),
    ),
  )
}

const digest = Effect.fn("Supervisor.digest")(function* (
  calls: Calls,
  job: DigestJob,
  onProgress: (doneBytes: number) => Effect.Effect<void>,
) {
  let result: DigestResult | undefined
  yield* calls.Digest(job).pipe(
    Stream.runForEach((event) =>
      event._tag === "Progress"
        ? onProgress(event.doneBytes)
        : Effect.sync(() => {
            result = event.result
          }),
    ),
  )
  if (result === undefined)
    return yield* new CpuJobError({ job: "digest", reason: "failed", message: "the digest ended without a result" })
  return result
})
