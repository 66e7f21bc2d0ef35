import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** So many events wait for a reader; the next one has to wait too, unless it replaces one. */
const WAITING = 256

type Waiting<A> = { readonly event: A } | { readonly place: string }

/** A queue of events between a work and a reader who may be slower. */
export interface LatestWins<A, E> {
  readonly offer: (event: A) => Effect.Effect<void>
  readonly end: Effect.Effect<unknown>
  readonly fail: (error: E) => Effect.Effect<unknown>
  readonly stream: Stream.Stream<A, E>
}

/**
 * Makes a queue in which an event takes the place of the one before it, if that still waits: of progress only the latest
 * matters, and no work waits to tell it. Everything else is kept, in order.
 * @param placeOf names what the event is the latest of; undefined for one that must be kept
 */
export const makeLatestWins = Effect.fn("makeLatestWins")(function* <A, E>(placeOf: (event: A) => string | undefined) {
  const queue = yield* Queue.bounded<Waiting<A>, E | Cause.Done>(WAITING)
  const latest = new Map<string, A>()
  const take = (waiting: Waiting<A>): A => {
    if ("event" in waiting) return waiting.event
    const event = latest.get(waiting.place) as A
    latest.delete(waiting.place)
    return event
  }
  return {
    offer: (event) =>
      Effect.suspend(() => {
        const place = placeOf(event)
        if (place === undefined) return Effect.asVoid(Queue.offer(queue, { event }))
        const isWaiting = latest.has(place)
        latest.set(place, event)
        return isWaiting ? Effect.void : Effect.asVoid(Queue.offer(queue, { place }))
      }),
    end: Queue.end(queue),
    fail: (error) => Queue.fail(queue, error),
    stream: Stream.map(Stream.fromQueue(queue), take),
  } satisfies LatestWins<A, E>
})
