/** The CPU pool as an Effect service: the one bridge to Piscina. */
import { MessageChannel } from "node:worker_threads"
import { Context, Effect, Layer, type Scope } from "effect"
import { Piscina } from "piscina"
import { cancel, makeFlag } from "./cancellation.ts"
import {
  CpuJobError,
  type CutJob,
  type CutResult,
  type DigestJob,
  type DigestResult,
  type InspectJob,
  type InspectResult,
  type PreviewJob,
  type PreviewResult,
} from "./jobs.ts"
import type { Outcome, Task } from "./tasks.ts"

export interface CpuPoolOptions {
  /** Jobs that run at the same time, each in its own thread. */
  readonly threads: number
  /** Jobs that may wait; more fail with `queue_full`. Default 10,000. */
  readonly maxQueue?: number
}

/** Idle threads end after this long, so that a quiet container holds no memory for them. */
const idleMilliseconds = 30_000
/** Transfers come first when the machine is busy. */
const niceIncrement = 10
/** A cancelled job that has not stopped by then (a read that hangs) is ended with its thread. */
const cancelGrace = "2 seconds"

type JobName = "digest" | "cut" | "inspect" | "preview"

const errorOf = (job: JobName, error: unknown): CpuJobError => {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const hasDied = /worker (exited|stopped)|terminat/i.test(message) || String(code).startsWith("ERR_WORKER")
  return new CpuJobError({ job, reason: hasDied ? "thread_died" : "failed", message })
}

const makeService = (pool: Piscina, capacity: number): CpuPool["Service"] => {
  const unsettled = { count: 0 }
  const submit = <Job, A>(name: JobName, job: Job, onProgress?: (bytesDone: number) => void) =>
    Effect.callback<A, CpuJobError>((resume) => {
      // Piscina's own maxQueue does not hold for jobs that can be aborted (5.3.2 keeps them in a queue of their own).
      if (unsettled.count >= capacity) {
        const message = `${unsettled.count} jobs run or wait already`
        resume(Effect.fail(new CpuJobError({ job: name, reason: "queue_full", message })))
        return
      }
      const flag = makeFlag()
      const hard = new AbortController()
      const channel = onProgress === undefined ? undefined : new MessageChannel()
      channel?.port1.on("message", (bytesDone: number) => onProgress?.(bytesDone))
      const task: Task<Job> = channel === undefined ? { job, flag } : { job, flag, progress: channel.port2 }
      unsettled.count += 1
      const settled = pool
        .run(task, { name, signal: hard.signal, transferList: channel === undefined ? [] : [channel.port2] })
        .then(
          (outcome: Outcome<A>) => {
            if (outcome.outcome === "done") return Effect.succeed(outcome.value)
            if (outcome.outcome === "cancelled") return Effect.interrupt
            return Effect.fail(new CpuJobError({ job: name, reason: outcome.reason, message: outcome.message }))
          },
          (error: unknown) => Effect.fail(errorOf(name, error)),
        )
        .finally(() => {
          unsettled.count -= 1
          channel?.port1.close()
        })
      void settled.then(resume)
      return Effect.suspend(() => {
        // A job that still waits leaves the queue; a running one stops by itself, and keeps its thread.
        if (!cancel(flag).hadBegun) hard.abort()
        return Effect.promise(() => settled).pipe(
          Effect.timeoutOption(cancelGrace),
          Effect.andThen(Effect.sync(() => hard.abort())),
          Effect.andThen(Effect.promise(() => settled)),
        )
      })
    })
  return {
    digest: (job, onProgress) => submit("digest", job, onProgress),
    cut: (job) => submit("cut", job),
    inspect: (job) => submit("inspect", job),
    preview: (job) => submit("preview", job),
    stats: Effect.sync(() => ({
      queued: pool.queueSize,
      running: Math.max(0, unsettled.count - pool.queueSize),
      completed: pool.completed,
    })),
  }
}

/** The pool with its threads; `tasks` is the file that they run. */
export const makeCpuPool = (
  options: CpuPoolOptions,
  tasks: URL = new URL("./tasks.ts", import.meta.url),
): Effect.Effect<CpuPool["Service"], never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new Piscina({
          filename: tasks.href,
          minThreads: 0,
          maxThreads: options.threads,
          idleTimeout: idleMilliseconds,
          niceIncrement,
        }),
    ),
    (pool) => Effect.promise(() => pool.destroy()),
  ).pipe(Effect.map((pool) => makeService(pool, options.threads + (options.maxQueue ?? 10_000))))

/**
 * Hashing, cutting and looking into archives, bounded once for the whole container. Interrupting an effect stops its
 * job: when the interruption is done, the job has left no temporary file and no child process behind.
 */
export class CpuPool extends Context.Service<
  CpuPool,
  {
    /** SHA-256 of the files in order; `onProgress` hears the bytes read so far, at most four times a second. */
    readonly digest: (
      job: DigestJob,
      onProgress?: (bytesDone: number) => void,
    ) => Effect.Effect<DigestResult, CpuJobError>
    readonly cut: (job: CutJob) => Effect.Effect<CutResult, CpuJobError>
    readonly inspect: (job: InspectJob) => Effect.Effect<InspectResult, CpuJobError>
    readonly preview: (job: PreviewJob) => Effect.Effect<PreviewResult, CpuJobError>
    readonly stats: Effect.Effect<{ readonly queued: number; readonly running: number; readonly completed: number }>
  }
>()("src/cpu/CpuPool") {
  static readonly layer = (options: CpuPoolOptions): Layer.Layer<CpuPool> => Layer.effect(CpuPool, makeCpuPool(options))
}
