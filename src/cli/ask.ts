import { createInterface } from "node:readline"
import { Context, Effect, Layer, Queue, Redacted, Schema } from "effect"
import { Prompt } from "effect/cli"

/** Thrown when: an answer is needed, and whoever could give it has left. */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", { question: Schema.String }) {
  override get message(): string {
    return `no answer to: ${this.question}`
  }
}

/** Asks whoever sits at the terminal, or reads the next line of what is piped in. Waits for people, without a limit. */
export class Ask extends Context.Service<
  Ask,
  { readonly ask: (question: string, kind: "shown" | "hidden") => Effect.Effect<string, NoAnswer, Prompt.Environment> }
>()("src/cli/Ask") {
  static readonly layer = Layer.effect(
    Ask,
    Effect.gen(function* () {
      if (process.stdin.isTTY) return Ask.of({ ask: askTerminal })
      const lines = yield* pipedLines
      return Ask.of({
        ask: (question) =>
          Effect.flatMap(Queue.take(lines), (line) =>
            line === undefined ? new NoAnswer({ question }) : Effect.succeed(line),
          ),
      })
    }),
  )
}

const askTerminal = (message: string, kind: "shown" | "hidden") =>
  (kind === "hidden"
    ? Effect.map(Prompt.run(Prompt.Hidden({ message })), Redacted.value)
    : Prompt.run(Prompt.String({ message }))
  ).pipe(Effect.mapError(() => new NoAnswer({ question: message })))

/** The lines of standard input; undefined once there are no more, for ever. */
const pipedLines = Effect.acquireRelease(
  Effect.sync(() => createInterface({ input: process.stdin })),
  (reader) => Effect.sync(() => reader.close()),
).pipe(
  Effect.flatMap((reader) =>
    Effect.map(Queue.unbounded<string | undefined>(), (lines) => {
      reader.on("line", (line) => Queue.offerUnsafe(lines, line))
      reader.on("close", () => Queue.offerUnsafe(lines, undefined))
      return lines
    }),
  ),
)
