/**
 * Stops a job from another thread without ending its thread. A thread in a loop of synchronous reads sees no messages,
 * so the wish to stop is one number in shared memory.
 */

const queued = 0
const running = 1
const cancelled = 2
const finished = 3

/** Thrown inside a thread by a job that saw that it is no longer wanted. */
export class Cancelled extends Error {
  override readonly name = "Cancelled"
}

/** A new flag for one job, to be sent along with it. */
export const makeFlag = (): Int32Array<SharedArrayBuffer> => new Int32Array(new SharedArrayBuffer(4))

/** Asks the job to stop. Tells whether a thread had begun with it, which then has to end it. */
export const cancel = (flag: Int32Array<SharedArrayBuffer>): { readonly hadBegun: boolean } => {
  const before = Atomics.exchange(flag, 0, cancelled)
  Atomics.notify(flag, 0)
  return { hadBegun: before === running }
}

/** What a running job sees of its flag. */
export interface Cancellation {
  /** Throws `Cancelled` when the job is to stop; cheap enough for every read. */
  readonly check: () => void
  /** Resolves when the job is to stop, and also when it has finished. */
  readonly ended: Promise<void>
}

/** Runs a job under its flag; throws `Cancelled` at once when it was cancelled before it began. */
export const runCancellable = async <A>(
  flag: Int32Array<SharedArrayBuffer>,
  work: (cancellation: Cancellation) => A | Promise<A>,
): Promise<A> => {
  if (Atomics.compareExchange(flag, 0, queued, running) !== queued) throw new Cancelled("cancelled before it began")
  const waiting = Atomics.waitAsync(flag, 0, running)
  const check = () => {
    if (Atomics.load(flag, 0) === cancelled) throw new Cancelled("cancelled")
  }
  try {
    return await work({ check, ended: waiting.async ? waiting.value.then(() => undefined) : Promise.resolve() })
  } finally {
    Atomics.compareExchange(flag, 0, running, finished)
    Atomics.notify(flag, 0)
  }
}

/** For callers that never cancel, such as tests. */
export const neverCancelled: Cancellation = { check: () => {}, ended: new Promise(() => {}) }
