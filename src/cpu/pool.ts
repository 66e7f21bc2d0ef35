/** The CPU pool as an Effect service: the one bridge to Piscina. */
import { MessageChannel, type MessagePort } from "node:worker_threads"
import { Context, Effect, Layer, type Scope } from "effect"
import { Piscina } from "piscina"
import { cancel, makeFlag } from "./cancellation.ts"
import { usableCpus } from "./cpu-limit.ts"
import { FairQueue } from "./fair-queue.ts"
import {
  CpuJobError,
  type CutJob,
  type CutResult,
  type DigestJob,
  type DigestResult,
  type ExtractJob,
  type ExtractResult,
  type GrowingDigestJob,
  type Growth,
  type InspectJob,
  type InspectResult,
  type PreviewJob,
  type PreviewResult,
} from "./jobs.ts"
import { type CpuLimits, defaultCpuLimits } from "./limits.ts"
import type { Outcome, Task } from "./tasks.ts"

export interface CpuPoolOptions {
  /** Jobs that run at the same time, each in its own thread. Default: the CPUs that the container may use. */
  readonly threads?: number
  /** Jobs that may wait; more fail with `queue_full`. Default 10,000. */
  readonly maxQueue?: number
  readonly limits?: CpuLimits
}

/** Idle threads end after this long, so that a quiet container holds no memory for them. */
const idleMilliseconds = 30_000
/**
 * Transfers come first when the machine is busy: the pool's threads, and 7-Zip, are this much nicer. Not the one that follows
 * downloads: what it has to do is bounded by what arrives, and each upload waits for it.
 */
export const niceIncrement = 10
/** A cancelled job that has not stopped by then (a read that hangs) is ended with its thread. */
const cancelGrace = "2 seconds"
/** Jobs that follow a download mostly wait, so one thread has many of them; it digests 1.7 GB/s for all together. */
const growingAtOnce = 1_000

type JobName = "digest" | "digestWhileGrowing" | "cut" | "inspect" | "preview" | "extract"

const errorOf = (job: JobName, error: unknown): CpuJobError => {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const hasDied = /worker (exited|stopped)|terminat/i.test(message) || String(code).startsWith("ERR_WORKER")
  return new CpuJobError({ job, reason: hasDied ? "thread_died" : "failed", message })
}

/** What an account may ask of the pool. */
export interface CpuJobs {
  /** Digests of the files in order; `onProgress` hears the bytes read so far, at most four times a second. */
  readonly digest: (
    job: DigestJob,
    onProgress?: (bytesDone: number) => void,
  ) => Effect.Effect<DigestResult, CpuJobError>
  /** The same for files that are being downloaded; `follow` is given what to tell of them, before anything is read. */
  readonly digestWhileGrowing: (
    job: GrowingDigestJob,
    follow: (tell: (growth: Growth) => void) => void,
    onProgress?: (bytesDone: number) => void,
  ) => Effect.Effect<DigestResult, CpuJobError>
  readonly cut: (job: CutJob) => Effect.Effect<CutResult, CpuJobError>
  readonly inspect: (job: InspectJob) => Effect.Effect<InspectResult, CpuJobError>
  readonly preview: (job: PreviewJob) => Effect.Effect<PreviewResult, CpuJobError>
  readonly extract: (job: ExtractJob) => Effect.Effect<ExtractResult, CpuJobError>
}

interface Pools {
  readonly main: Piscina
  readonly growing: Piscina
}

interface Ports {
  readonly progress?: MessagePort
  readonly growth?: MessagePort
}

const makeService = (pools: Pools, threads: number, capacity: number, limits: CpuLimits): CpuPool["Service"] => {
  const waiting = new FairQueue<() => void>()
  const unsettled = { count: 0, running: 0 }
  let completed = 0
  // How many jobs run and how many CPUs there are, for the threads to see.
  const load = new Int32Array(new SharedArrayBuffer(8))
  Atomics.store(load, 1, usableCpus())

  const changeRunning = (change: 1 | -1) => {
    unsettled.running += change
    Atomics.store(load, 0, unsettled.running)
  }
  const startNext = () => {
    while (unsettled.running < threads) {
      const start = waiting.take()
      if (start === undefined) return
      changeRunning(1)
      start()
    }
  }

  const submit = <Job, A>(owner: string, name: JobName, job: Job, ports: Ports, onEnd: () => void) =>
    Effect.callback<A, CpuJobError>((resume) => {
      if (unsettled.count >= capacity) {
        const message = `${unsettled.count} jobs run or wait already`
        onEnd()
        resume(Effect.fail(new CpuJobError({ job: name, reason: "queue_full", message })))
        return
      }
      unsettled.count += 1
      const isGrowing = name === "digestWhileGrowing"
      const flag = makeFlag()
      const hard = new AbortController()
      const task: Task<Job> = { job, flag, load, limits, ...ports }
      const leave = () => {
        unsettled.count -= 1
        onEnd()
      }
      const run = (): Promise<Effect.Effect<A, CpuJobError>> => {
        const transferList = [ports.progress, ports.growth].filter((port) => port !== undefined)
        // Piscina gives a task that can be aborted a thread of its own.
        const answer = isGrowing
          ? pools.growing.run(task, { name, transferList })
          : pools.main.run(task, { name, signal: hard.signal, transferList })
        return answer
          .then(
            (outcome: Outcome<A>) => {
              if (outcome.outcome === "done") return Effect.succeed(outcome.value)
              if (outcome.outcome === "cancelled") return Effect.interrupt
              return Effect.fail(new CpuJobError({ job: name, reason: outcome.reason, message: outcome.message }))
            },
            (error: unknown) => Effect.fail(errorOf(name, error)),
          )
          .finally(() => {
            completed += 1
            leave()
            if (isGrowing) return
            changeRunning(-1)
            startNext()
          })
      }
      let settled: Promise<unknown> | undefined
      const start = () => {
        settled = run().then(resume)
      }
      const place = isGrowing ? undefined : waiting.add(owner, start)
      if (isGrowing) start()
      else startNext()
      return Effect.suspend(() => {
        if (place !== undefined && waiting.remove(place)) {
          leave()
          return Effect.void
        }
        // A running job stops by itself, and keeps its thread.
        if (!cancel(flag).hadBegun) hard.abort()
        const ended = Effect.promise(() => settled ?? Promise.resolve())
        const endedSoon = Effect.timeoutOption(ended, cancelGrace)
        // Others follow their downloads in the same thread: it is not ended for the one whose read hangs.
        if (isGrowing) return Effect.asVoid(endedSoon)
        return endedSoon.pipe(Effect.andThen(Effect.sync(() => hard.abort())), Effect.andThen(ended))
      })
    })

  const quietly = () => {}
  /** The port to hand to a job that reports, and how to close this side. */
  const progressTo = (onProgress: ((bytesDone: number) => void) | undefined) => {
    if (onProgress === undefined) return { ports: {}, close: quietly }
    const channel = new MessageChannel()
    channel.port1.on("message", onProgress)
    return { ports: { progress: channel.port2 }, close: () => channel.port1.close() }
  }

  const jobsOf = (owner: string): CpuJobs => ({
    digest: (job, onProgress) =>
      Effect.suspend(() => {
        const { close, ports } = progressTo(onProgress)
        return submit<DigestJob, DigestResult>(owner, "digest", job, ports, close)
      }),
    digestWhileGrowing: (job, follow, onProgress) =>
      Effect.suspend(() => {
        const { close, ports } = progressTo(onProgress)
        const growth = new MessageChannel()
        follow((told) => growth.port1.postMessage(told))
        return submit<GrowingDigestJob, DigestResult>(
          owner,
          "digestWhileGrowing",
          job,
          { ...ports, growth: growth.port2 },
          () => {
            close()
            growth.port1.close()
          },
        )
      }),
    cut: (job) => submit(owner, "cut", job, {}, quietly),
    inspect: (job) => submit(owner, "inspect", job, {}, quietly),
    preview: (job) => submit(owner, "preview", job, {}, quietly),
    extract: (job) => submit(owner, "extract", job, {}, quietly),
  })

  return {
    ...jobsOf(""),
    of: jobsOf,
    stats: Effect.sync(() => ({ threads, queued: waiting.size, running: unsettled.running, completed })),
  }
}

/** The pool with its threads; `tasks` is the file that they run. */
export const makeCpuPool = (
  options: CpuPoolOptions,
  tasks: URL = new URL("./tasks.ts", import.meta.url),
): Effect.Effect<CpuPool["Service"], never, Scope.Scope> => {
  const threads = options.threads ?? usableCpus()
  const shared = { filename: tasks.href, minThreads: 0, idleTimeout: idleMilliseconds }
  return Effect.acquireRelease(
    Effect.sync(() => ({
      main: new Piscina({ ...shared, niceIncrement, maxThreads: threads }),
      growing: new Piscina({ ...shared, maxThreads: 1, concurrentTasksPerWorker: growingAtOnce }),
    })),
    (pools) => Effect.promise(() => Promise.all([pools.main.destroy(), pools.growing.destroy()])),
  ).pipe(
    Effect.map((pools) =>
      makeService(pools, threads, threads + (options.maxQueue ?? 10_000), options.limits ?? defaultCpuLimits),
    ),
  )
}

/**
 * Hashing, cutting and looking into archives, bounded once for the whole container. Accounts take turns. Interrupting an
 * effect stops its job: when the interruption is done, the job has left no temporary file and no child process behind.
 */
export class CpuPool extends Context.Service<
  CpuPool,
  CpuJobs & {
    /** The pool as `owner` (an account) uses it: owners take turns for the threads. */
    readonly of: (owner: string) => CpuJobs
    readonly stats: Effect.Effect<{
      readonly threads: number
      readonly queued: number
      readonly running: number
      readonly completed: number
    }>
  }
>()("src/cpu/CpuPool") {
  static readonly layer = (options: CpuPoolOptions): Layer.Layer<CpuPool> => Layer.effect(CpuPool, makeCpuPool(options))
}
