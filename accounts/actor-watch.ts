import { followPulse } from "../src/channel/pulse.ts"

/** How often the actor's event loop says that it turns. */
export const ACTOR_BEAT_SECONDS = 10
/** How often that is looked at, and the process' memory. */
export const ACTOR_LOOK_SECONDS = 5
/** Without a beat for this long the actor counts as hung. Its start, with all imports, may take longer. */
const HUNG_AFTER_SECONDS = 30
const START_LIMIT_SECONDS = 60

/** A counter that both threads of a cell see: a beat wakes nobody. */
export const makeBeats = (): Int32Array => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Watches an actor by its beats. */
export class ActorWatch {
  readonly #look: () => number
  #limitSeconds = START_LIMIT_SECONDS

  constructor(beats: Int32Array) {
    this.#look = followPulse(() => Atomics.load(beats, 0))
  }

  /** The actor has started. */
  ready(): void {
    this.#limitSeconds = HUNG_AFTER_SECONDS
  }

  /** To be called every {@link ACTOR_LOOK_SECONDS}; for how many milliseconds the actor has hung, if it does. */
  look(): number | undefined {
    const seconds = this.#look() * ACTOR_LOOK_SECONDS
    return seconds >= this.#limitSeconds ? seconds * 1000 : undefined
  }
}
