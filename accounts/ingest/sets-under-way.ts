import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** A message of a source, as one text. */
type MessageKey = string

export const messageKeys = (
  channelId: string,
  { volumes }: { readonly volumes: ReadonlyArray<{ readonly messageId: number }> },
): ReadonlyArray<MessageKey> => volumes.map(({ messageId }) => `${channelId}:${messageId}`)

/**
 * The sets that a cycle has taken up and that have not left. A set may be found twice: by the scan of its source, and as
 * what was just posted there. The account's own claim would keep neither from the other.
 */
export class SetsUnderWay {
  readonly #left = new Map<MessageKey, Deferred.Deferred<void>>()

  has(messages: ReadonlyArray<MessageKey>): boolean {
    return messages.some((message) => this.#left.has(message))
  }

  /** Does the work on a set of these messages, after whatever else is under way with one of them. */
  alone<A, E, R>(messages: ReadonlyArray<MessageKey>, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const other = messages.flatMap((message) => this.#left.get(message) ?? [])[0]
        if (other !== undefined) return restore(Effect.andThen(Deferred.await(other), this.alone(messages, work)))
        const left = Deferred.makeUnsafe<void>()
        for (const message of messages) this.#left.set(message, left)
        return Effect.ensuring(
          restore(work),
          Effect.sync(() => {
            for (const message of messages) this.#left.delete(message)
            Deferred.doneUnsafe(left, Exit.void)
          }),
        )
      }),
    )
  }
}
