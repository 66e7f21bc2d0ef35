/** What a pool thread runs. Each export is one kind of job, called by Piscina with a `Task`. */
import { availableParallelism, loadavg } from "node:os"
import type { MessagePort } from "node:worker_threads"
import { type Cancellation, Cancelled, runCancellable } from "./cancellation.ts"
import { cutFile, SourceChanged, SourceTooShort } from "./cut.ts"
import { extractEntry } from "./extract.ts"
import { digestGrowing, VolumeUnsettled } from "./growing.ts"
import { digestFiles, type HasSpareCpu } from "./hash.ts"
import { inspectSet } from "./inspect.ts"
import type {
  CpuJobFailure,
  CutJob,
  CutResult,
  DigestJob,
  DigestResult,
  ExtractJob,
  ExtractResult,
  GrowingDigestJob,
  InspectJob,
  InspectResult,
  PreviewJob,
  PreviewResult,
} from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { extractPreview } from "./preview.ts"
import { SevenZipUnavailable } from "./seven-zip.ts"

export interface Task<Job> {
  readonly job: Job
  readonly flag: Int32Array<SharedArrayBuffer>
  /** How many jobs of the pool run now, and how many CPUs there are for them. */
  readonly load: Int32Array<SharedArrayBuffer>
  readonly limits: CpuLimits
  /** Hears the bytes done so far, at most four times a second. */
  readonly progress?: MessagePort
  /** Tells a job that follows a download how far that is. */
  readonly growth?: MessagePort
}

/** Errors cross threads as values, because a cloned Error loses everything but its message. */
export type Outcome<A> =
  | { readonly outcome: "done"; readonly value: A }
  | { readonly outcome: "cancelled" }
  | { readonly outcome: "failed"; readonly reason: CpuJobFailure; readonly message: string }

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""

const unreadable = new Set(["ENOENT", "EACCES", "EPERM", "EIO", "EISDIR", "ENOTDIR", "ELOOP", "ENAMETOOLONG"])
const diskFull = new Set(["ENOSPC", "EDQUOT"])

const reasonOf = (error: unknown): CpuJobFailure => {
  if (error instanceof SevenZipUnavailable) return "tool_unavailable"
  if (error instanceof SourceChanged) return "source_changed"
  if (error instanceof SourceTooShort || error instanceof VolumeUnsettled || unreadable.has(codeOf(error)))
    return "unreadable"
  return diskFull.has(codeOf(error)) ? "disk_full" : "failed"
}

const perform = async <Job, A>(
  { flag }: Task<Job>,
  work: (cancellation: Cancellation) => A | Promise<A>,
): Promise<Outcome<A>> => {
  try {
    return { outcome: "done", value: await runCancellable(flag, work) }
  } catch (error) {
    if (error instanceof Cancelled) return { outcome: "cancelled" }
    const message = error instanceof Error ? error.message : String(error)
    return { outcome: "failed", reason: reasonOf(error), message }
  }
}

const progressMilliseconds = 250

/** Passes on the first and then at most four values a second. */
const throttled = (progress: MessagePort | undefined): ((bytesDone: number) => void) => {
  if (progress === undefined) return () => {}
  let last = Number.NEGATIVE_INFINITY
  return (bytesDone) => {
    const now = performance.now()
    if (now - last < progressMilliseconds) return
    last = now
    progress.postMessage(bytesDone)
  }
}

/**
 * A core is free when the pool has fewer jobs than CPUs and the machine as a whole is not busy: reading ahead on a core
 * that others want is slower than not reading ahead.
 */
const spareCpu = ({ load }: Task<unknown>): HasSpareCpu => {
  const isQuiet = (loadavg()[0] ?? 0) < availableParallelism()
  return () => isQuiet && Atomics.load(load, 0) < Atomics.load(load, 1)
}

export const digest = async (task: Task<DigestJob>): Promise<Outcome<DigestResult>> => {
  const { job, limits, progress } = task
  try {
    return await perform(task, (cancellation) =>
      digestFiles(job, limits.maxEntries, cancellation, throttled(progress), spareCpu(task)),
    )
  } finally {
    progress?.close()
  }
}

export const digestWhileGrowing = async (task: Task<GrowingDigestJob>): Promise<Outcome<DigestResult>> => {
  const { growth, job, limits, progress } = task
  try {
    if (growth === undefined) throw new Error("nobody tells how far the download is")
    return await perform(task, (cancellation) =>
      digestGrowing(job, growth, limits.maxEntries, cancellation, throttled(progress)),
    )
  } finally {
    growth?.close()
    progress?.close()
  }
}

export const cut = (task: Task<CutJob>): Promise<Outcome<CutResult>> =>
  perform(task, (cancellation) => cutFile(task.job, cancellation, spareCpu(task)))

export const inspect = (task: Task<InspectJob>): Promise<Outcome<InspectResult>> =>
  perform(task, (cancellation) => inspectSet(task.job, cancellation, task.limits))

export const preview = (task: Task<PreviewJob>): Promise<Outcome<PreviewResult>> =>
  perform(task, (cancellation) => extractPreview(task.job, cancellation, task.limits))

export const extract = (task: Task<ExtractJob>): Promise<Outcome<ExtractResult>> =>
  perform(task, (cancellation) => extractEntry(task.job, cancellation, task.limits))
