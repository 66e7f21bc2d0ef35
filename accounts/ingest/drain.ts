import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/** Thrown when: the running cycle is to end, and this work has not come so far that it must be brought to its end. */
export class CycleCut extends Schema.TaggedError<CycleCut>()("CycleCut", {}) {
  override get message(): string {
    return "the cycle was ended before its end; the next one looks at the set again"
  }
}

/**
 * How the running cycle is told to end. A drain takes no set up any more. One that interrupts also drops what is not
 * being uploaded, and lets a half published set rest after the part that is under way: a part that TDLib has is never
 * withdrawn (P1), and its set goes on in a later cycle with the parts that are missing (P2).
 */
export class Drain extends Context.Service<
  Drain,
  {
    readonly begin: (interrupts: boolean) => Effect.Effect<void>
    /** Sets are taken up again. */
    readonly end: Effect.Effect<void>
    readonly isDraining: () => boolean
    /** Fails once the drain interrupts. For work that was not begun yet. */
    readonly check: Effect.Effect<void, CycleCut>
    /** Runs work that may be dropped at any moment. */
    readonly interruptible: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | CycleCut, R>
  }
>()("accounts/ingest/Drain") {
  static readonly layer = Layer.sync(Drain, () => {
    let isDraining = false
    let cut = Deferred.makeUnsafe<never, CycleCut>()
    const check = Effect.suspend(() => (Deferred.isDoneUnsafe(cut) ? Effect.fail(new CycleCut()) : Effect.void))
    return Drain.of({
      begin: (interrupts) =>
        Effect.suspend(() => {
          isDraining = true
          return interrupts ? Effect.asVoid(Deferred.fail(cut, new CycleCut())) : Effect.void
        }),
      end: Effect.sync(() => {
        isDraining = false
        if (Deferred.isDoneUnsafe(cut)) cut = Deferred.makeUnsafe()
      }),
      isDraining: () => isDraining,
      check,
      interruptible: (work) =>
        Effect.andThen(
          check,
          Effect.suspend(() => Effect.raceFirst(work, Deferred.await(cut))),
        ),
    })
  })
}
