import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as RpcClient from "effect/rpc/RpcClient"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Direction, SupervisorRpcs } from "../src/channel/supervisor-rpcs.ts"
import { CpuJobError, type DigestJob, type DigestResult, type GrowingDigestJob, type Growth } from "../src/cpu/jobs.ts"

type Calls = RpcClient.FromGroup<typeof SupervisorRpcs, RpcClientError>
type Failure = CpuJobError | RpcClientError

/** Where there is no limit, that is taken for true for so long: many small files would ask for each. */
const UNLIMITED_MILLIS = 1_000

/** A digest that follows a download. */
export interface Following {
  /** Tells how far a volume is; in any order, as often as wanted. */
  readonly tell: (growth: Growth) => Effect.Effect<void, RpcClientError>
  /** The digest, once all volumes are settled. */
  readonly result: Effect.Effect<DigestResult, Failure>
}

/** The supervisor as an account sees it: CPU work that is done elsewhere. */
export class Supervisor extends Context.Service<
  Supervisor,
  {
    /** Digests the files in their order; `onProgress` hears the bytes read so far. */
    readonly digest: (
      job: DigestJob,
      onProgress: (doneBytes: number) => Effect.Effect<void>,
    ) => Effect.Effect<DigestResult, Failure>
    /** Begins a digest of files that are being downloaded; it is dropped when the scope ends. */
    readonly digestWhileGrowing: (job: GrowingDigestJob) => Effect.Effect<Following, Failure, Scope.Scope>
    readonly cut: Calls["Cut"]
    readonly inspect: Calls["Inspect"]
    readonly preview: Calls["Preview"]
    /** Waits until bytes may be moved; answers how many of those that are wanted, null when there is no limit now. */
    readonly takeBandwidth: (direction: Direction, wantedBytes: number) => Effect.Effect<number | null, RpcClientError>
    /** Says that something new is in a source; the supervisor lets the account look when it rests. */
    readonly posted: Effect.Effect<void, RpcClientError>
    /** Says that the account has Premium now, or has it no more. */
    readonly premiumChanged: (isPremium: boolean) => Effect.Effect<void, RpcClientError>
  }
>()("accounts/Supervisor") {
  static readonly layer = Layer.effect(
    Supervisor,
    Effect.map(RpcClient.make(SupervisorRpcs), (calls) => {
      let lastId = 0
      return Supervisor.of({
        digest: (job, onProgress) => digest(calls, job, onProgress),
        digestWhileGrowing: (job) => {
          lastId += 1
          return follow(calls, lastId, job)
        },
        cut: calls.Cut,
        inspect: calls.Inspect,
        preview: calls.Preview,
        takeBandwidth: bandwidthTaker((direction, wantedBytes) => calls.TakeBandwidth({ direction, wantedBytes })),
        posted: calls.Posted(),
        premiumChanged: (isPremium) => calls.PremiumChanged({ isPremium }),
      })
    }),
  )
}

type TakeBandwidth<E> = (direction: Direction, wantedBytes: number) => Effect.Effect<number | null, E>

/** Asks with `take`, but not again where it has just heard that there is no limit. */
export const bandwidthTaker = <E>(take: TakeBandwidth<E>): TakeBandwidth<E> => {
  const unlimitedUntil = { down: 0, up: 0 }
  return (direction, wantedBytes) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now < unlimitedUntil[direction]
        ? Effect.succeed(null)
        : Effect.tap(take(direction, wantedBytes), (taken) =>
            Effect.sync(() => {
              if (taken === null) unlimitedUntil[direction] = now + UNLIMITED_MILLIS
            }),
          ),
    )
}

const noResult = () =>
  new CpuJobError({ job: "digest", reason: "failed", message: "the digest ended without a result" })

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
  return result ?? (yield* noResult())
})

const follow = Effect.fn("Supervisor.digestWhileGrowing")(function* (calls: Calls, id: number, job: GrowingDigestJob) {
  const ready = yield* Deferred.make<void, Failure>()
  const running = Effect.gen(function* () {
    let result: DigestResult | undefined
    yield* calls.DigestWhileGrowing({ id, job }).pipe(
      Stream.runForEach((event) =>
        Effect.sync(() => {
          if (event._tag === "Following") Deferred.doneUnsafe(ready, Effect.void)
          if (event._tag === "Done") result = event.result
        }),
      ),
    )
    return result ?? (yield* noResult())
  })
  const fiber = yield* running.pipe(
    Effect.tapError((error) => Deferred.fail(ready, error)),
    Effect.forkScoped,
  )
  yield* Deferred.await(ready)
  const following: Following = { tell: (growth) => calls.Grown({ id, growth }), result: Fiber.join(fiber) }
  return following
})
