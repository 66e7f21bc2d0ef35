import { type IntervalHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks"

/** How the event loop fared since it was last asked. */
export interface EventLoopReport {
  /** How much later than due a timer fired, in seconds. */
  readonly delay: { readonly median: number; readonly p99: number; readonly longest: number }
  /** The share of the time in which it was busy, 0 to 1. */
  readonly utilisation: number
}

/** A timer a second: what wakes the process is to be rare. A delay that is shorter is met by chance, a longer one for sure. */
const RESOLUTION_MILLIS = 1_000
const NANOSECONDS = 1e9

/** Watches the event loop of this process, from the first time on that it is asked; before that it costs nothing. */
export class EventLoopWatch {
  #delays: IntervalHistogram | undefined
  #before = performance.eventLoopUtilization()

  report(): EventLoopReport {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#before)
    this.#before = now
    const delays = this.#delays
    if (delays === undefined) {
      this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS })
      this.#delays.enable()
    }
    /** The histogram holds the time between two firings. */
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MILLIS / 1_000)
    const delay =
      delays === undefined || delays.count === 0
        ? { median: 0, p99: 0, longest: 0 }
        : { median: late(delays.percentile(50)), p99: late(delays.percentile(99)), longest: late(delays.max) }
    delays?.reset()
    return { delay, utilisation: utilization }
  }

  close(): void {
    this.#delays?.disable()
  }
}
