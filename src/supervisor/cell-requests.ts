import { Effect, Layer, Queue, Stream } from "effect"
import { RpcServer } from "effect/rpc"
import { type DigestEvent, type GrowingDigestEvent, SupervisorRpcs } from "../channel/supervisor-rpcs.ts"
import type { CpuJobError, DigestJob, GrowingDigestJob, Growth } from "../cpu/jobs.ts"
import { type CpuJobs, CpuPool } from "../cpu/pool.ts"
import { Bandwidth } from "./bandwidth.ts"
import { StatusBoard } from "./status-board.ts"
import { Wake } from "./wake.ts"

/** Only the newest progress matters: a slow reader skips the ones between. */
const newestOnly = { bufferSize: 16, strategy: "sliding" } as const

const digestStream = (jobs: CpuJobs, job: DigestJob) =>
  Stream.callback<DigestEvent, CpuJobError>(
    (queue) =>
      jobs
        .digest(job, (doneBytes) => Queue.offerUnsafe(queue, { _tag: "Progress", doneBytes }))
        .pipe(
          Effect.flatMap((result) => Queue.offer(queue, { _tag: "Done", result })),
          Effect.andThen(Queue.end(queue)),
          Effect.catch((error) => Queue.fail(queue, error)),
        ),
    newestOnly,
  )

type Followers = Map<number, (growth: Growth) => void>

const followStream = (jobs: CpuJobs, followers: Followers, id: number, job: GrowingDigestJob) =>
  Stream.callback<GrowingDigestEvent, CpuJobError>((queue) =>
    jobs
      .digestWhileGrowing(job, (tell) => {
        followers.set(id, tell)
        Queue.offerUnsafe(queue, { _tag: "Following" })
      })
      .pipe(
        Effect.ensuring(Effect.sync(() => followers.delete(id))),
        Effect.flatMap((result) => Queue.offer(queue, { _tag: "Done", result })),
        Effect.andThen(Queue.end(queue)),
        Effect.catch((error) => Queue.fail(queue, error)),
      ),
  )

/**
 * Answers the requests of one cell: CPU work from the pool and bandwidth that all cells share, and a cycle before its
 * time. When the scope ends, as it does when the cell dies, its jobs are stopped and dropped.
 */
export const layerCellRequests = (accountId: string) =>
  RpcServer.layer(SupervisorRpcs).pipe(
    Layer.provide(
      SupervisorRpcs.toLayer(
        Effect.gen(function* () {
          const pool = yield* CpuPool
          const wake = yield* Wake
          const bandwidth = yield* Bandwidth
          const board = yield* StatusBoard
          const jobs = pool.of(accountId)
          const followers: Followers = new Map()
          return SupervisorRpcs.of({
            Digest: (job) => digestStream(jobs, job),
            DigestWhileGrowing: ({ id, job }) => followStream(jobs, followers, id, job),
            Grown: ({ growth, id }) => Effect.sync(() => followers.get(id)?.(growth)),
            Cut: jobs.cut,
            Inspect: jobs.inspect,
            Preview: jobs.preview,
            TakeBandwidth: ({ direction, wantedBytes }) => bandwidth.take(accountId, direction, wantedBytes),
            Posted: () => wake.call([accountId]),
            PremiumChanged: ({ isPremium }) => board.change(accountId, { isPremium }),
          })
        }),
      ),
    ),
  )
