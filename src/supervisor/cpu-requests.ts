import { Effect, Layer, Queue, Stream } from "effect"
import { RpcServer } from "effect/rpc"
import { type DigestEvent, SupervisorRpcs } from "../channel/supervisor-rpcs.ts"
import type { CpuJobError, DigestJob } from "../cpu/jobs.ts"
import { CpuPool } from "../cpu/pool.ts"

/** Only the newest progress matters: a slow reader skips the ones between. */
const digestStream = (pool: CpuPool["Service"], job: DigestJob) =>
  Stream.callback<DigestEvent, CpuJobError>(
    (queue) =>
      pool
        .digest(job, (doneBytes) => Queue.offerUnsafe(queue, { _tag: "Progress", doneBytes }))
        .pipe(
          Effect.flatMap((result) => Queue.offer(queue, { _tag: "Done", result })),
          Effect.andThen(Queue.end(queue)),
          Effect.catch((error) => Queue.fail(queue, error)),
        ),
    { bufferSize: 16, strategy: "sliding" },
  )

const handlers = SupervisorRpcs.toLayer(
  Effect.map(CpuPool, (pool) =>
    SupervisorRpcs.of({
      Digest: (job) => digestStream(pool, job),
      Cut: pool.cut,
      Inspect: pool.inspect,
      Preview: pool.preview,
    }),
  ),
)

/** Answers the CPU requests of one cell from the pool that all cells share. */
export const layerCpuRequests = RpcServer.layer(SupervisorRpcs).pipe(Layer.provide(handlers))
