import { Context, Effect, Layer, Queue, Schema, type Scope } from "effect"
import { logEvent } from "../log-line.ts"
import { makeUnsealer } from "./sealed-answer.ts"

/** What an operator says to a login that waits. */
export const LoginAnswer = Schema.Union([
  Schema.TaggedStruct("Secret", { text: Schema.String.check(Schema.isMaxLength(1_000)) }),
  /** The code does not come, or has expired. */
  Schema.TaggedStruct("NewCode", {}),
])
export type LoginAnswer = typeof LoginAnswer.Type

const decodeAnswer = Schema.decodeUnknownOption(Schema.fromJsonString(LoginAnswer))

/** Answers of operators on their way to the login that waits for them; kept in memory alone. */
export class LoginAnswers extends Context.Service<
  LoginAnswers,
  {
    /** What answers are sealed for, in this process. */
    readonly publicKey: string
    /** Hands a sealed answer to the account's login. One that was sealed for another supervisor is not for us. */
    readonly deliver: (accountId: string, sealed: string) => Effect.Effect<void>
    /** Hears the account's answers for as long as the scope lives; gives what takes the next one. */
    readonly listen: (accountId: string) => Effect.Effect<Effect.Effect<LoginAnswer>, never, Scope.Scope>
  }
>()("src/supervisor/LoginAnswers") {
  static readonly layer = Layer.sync(LoginAnswers, () => {
    const { publicKey, unseal } = makeUnsealer()
    const waiting = new Map<string, Queue.Queue<LoginAnswer>>()
    return LoginAnswers.of({
      publicKey,
      deliver: (accountId, sealed) =>
        Effect.suspend(() => {
          const text = unseal(sealed)
          if (text === undefined) return Effect.void
          const answer = decodeAnswer(text)
          const queue = waiting.get(accountId)
          if (answer._tag === "None" || queue === undefined)
            return logEvent.warn("login.unasked", "An answer came for a login that waits for none", {
              account: accountId,
            })
          return Effect.asVoid(Queue.offer(queue, answer.value))
        }),
      listen: (accountId) =>
        Effect.acquireRelease(
          Effect.tap(Queue.sliding<LoginAnswer>(1), (queue) => Effect.sync(() => waiting.set(accountId, queue))),
          () => Effect.sync(() => waiting.delete(accountId)),
        ).pipe(Effect.map(Queue.take)),
    })
  })
}
