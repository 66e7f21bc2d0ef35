import { Clock, Context, Effect, Layer } from "effect"

/** The loops that the worker cannot do without, and after how long without a beat one counts as hung; null: it only waits. */
const loops = {
  /** Which accounts run: every 15 seconds, or as long as its statements may take. */
  accounts: 180_000,
  /** Orders of the operator, and calls. */
  orders: null,
} as const
export type LoopName = keyof typeof loops

/** A sign of life of the supervisor, for whoever asks whether it works. Times are Unix milliseconds. */
export class Pulse extends Context.Service<
  Pulse,
  {
    /** Said by a loop each time it goes round. */
    readonly beat: (loop: LoopName) => Effect.Effect<void>
    /** Runs a loop that must never end; that it has is remembered. */
    readonly endless: <A, E, R>(loop: LoopName, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** The accounts were read from the database for the first time. */
    readonly accountsKnown: Effect.Effect<void>
    /** The worker is to stop. */
    readonly stop: Effect.Effect<void>
    readonly state: Effect.Effect<PulseState>
  }
>()("src/supervisor/Pulse") {
  static readonly layer = Layer.sync(Pulse, () => {
    const beats = new Map<LoopName, number>()
    const ended = new Set<LoopName>()
    let areAccountsKnown = false
    let isStopping = false
    return Pulse.of({
      beat: (loop) => Effect.map(Clock.currentTimeMillis, (now) => void beats.set(loop, now)),
      endless: (loop, work) =>
        Effect.ensuring(
          work,
          Effect.sync(() => void ended.add(loop)),
        ),
      accountsKnown: Effect.sync(() => {
        areAccountsKnown = true
      }),
      stop: Effect.sync(() => {
        isStopping = true
      }),
      state: Effect.map(Clock.currentTimeMillis, (now) => ({
        areAccountsKnown,
        isStopping,
        hung: [...beats].flatMap(([loop, last]) => {
          const limit = loops[loop]
          return limit !== null && now - last > limit ? [loop] : []
        }),
        // When the worker stops all loops end.
        ended: isStopping ? [] : [...ended],
      })),
    })
  })
}

export interface PulseState {
  readonly areAccountsKnown: boolean
  readonly isStopping: boolean
  /** Loops that have not gone round for longer than they may. */
  readonly hung: ReadonlyArray<LoopName>
  /** Loops that have come to an end though the worker runs. */
  readonly ended: ReadonlyArray<LoopName>
}
