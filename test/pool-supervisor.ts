import { Deferred, Effect, Fiber, Layer } from "effect"
import { Supervisor } from "../accounts/supervisor-client.ts"
import type { Growth } from "../src/cpu/jobs.ts"
import { CpuPool } from "../src/cpu/pool.ts"

/** The pool itself in place of the channel to it, which hears what the digest is told. */
export const poolSupervisorLayer = (onGrowth: (growth: Growth) => void = () => {}) =>
  Layer.effect(
    Supervisor,
    Effect.map(CpuPool, (pool) =>
      Supervisor.of({
        digest: (job) => pool.digest(job, () => {}),
        digestWhileGrowing: (job) =>
          Effect.gen(function* () {
            let tell: (growth: Growth) => void = () => {}
            const ready = yield* Deferred.make<void>()
            const fiber = yield* Effect.forkScoped(
              pool.digestWhileGrowing(job, (teller) => {
                tell = teller
                Deferred.doneUnsafe(ready, Effect.void)
              }),
            )
            yield* Deferred.await(ready)
            return {
              tell: (growth) =>
                Effect.sync(() => {
                  onGrowth(growth)
                  tell(growth)
                }),
              result: Fiber.join(fiber),
            }
          }),
        cut: () => Effect.die("nothing is cut"),
        inspect: () => Effect.die("nothing is inspected"),
        preview: () => Effect.die("there is no preview"),
        takeBandwidth: () => Effect.succeed(null),
        posted: Effect.void,
        premiumChanged: () => Effect.void,
      }),
    ),
  ).pipe(Layer.provide(CpuPool.layer({ threads: 1 })))
