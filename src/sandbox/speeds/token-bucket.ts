/**
 * A token bucket: so many bytes per second, and as many again in a burst after a rest. What is let through may overdraw
 * it once, because a part is not known before it is there, and is paid back before the next one passes: over any time t
 * at most burst + rate * t + one part passes.
 */
export class TokenBucket {
  readonly #rate: number
  readonly #burst: number
  #tokens: number
  #filled: number

  /** rate: bytes per second; burst: bytes; now: milliseconds of a clock that never goes back. */
  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate
    this.#burst = burst
    this.#tokens = burst
    this.#filled = now
  }

  /** How long nothing may pass, in milliseconds; 0 when something may now. */
  wait(now: number): number {
    this.#fill(now)
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000
  }

  /** Counts what passes. */
  take(bytes: number, now: number): void {
    this.#fill(now)
    this.#tokens -= bytes
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) / 1000) * this.#rate)
    this.#filled = now
  }
}
