import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"

/**
 * What crosses the two hops supervisor <-> warden <-> actor. The warden reads the stream `warden` itself and passes
 * everything else on unread.
 *
 * - `warden`: {@link WardenMessage} and {@link SupervisorMessage}
 * - `commands`: supervisor calls the account (AccountRpcs)
 * - `requests`: the account calls the supervisor (SupervisorRpcs)
 * - `log`: {@link LogLine}
 * - `measurements`: {@link Measurements}
 */
export const Frame = Schema.Struct({
  stream: Schema.Literals(["warden", "commands", "requests", "log", "measurements"]),
  body: Schema.Unknown,
})
export type Frame = typeof Frame.Type

/** Thrown when: the other end of a channel sent what is no message of it: a bug there. `problem` names the field. */
export class MalformedMessage extends Schema.TaggedError<MalformedMessage>()("MalformedMessage", {
  stream: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `a message on the stream ${this.stream} is none: ${this.problem}`
  }
}

/** One end of a hop. `post` never throws: a frame to an end that is gone is dropped. */
export interface FramePort {
  readonly post: (frame: Frame) => void
  /**
   * Registers a listener for the messages of one stream; returns the function that removes it. What `schema` does not
   * decode is reported and dropped.
   */
  readonly listen: <A>(
    stream: Frame["stream"],
    schema: Schema.Codec<A, unknown>,
    listener: (message: A) => void,
  ) => () => void
}

const problemOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ")
}

/**
 * Makes a {@link FramePort} of a raw sender and a raw subscription.
 * @param onMalformed told about everything that is no frame, and every message that its stream does not know
 */
export const makeFramePort = (
  send: (frame: Frame) => void,
  subscribe: (listener: (message: unknown) => void) => void,
  onMalformed: (error: MalformedMessage) => void,
): FramePort => {
  const listeners = new Map<Frame["stream"], Set<(body: unknown) => void>>()
  const decodeFrame = Schema.decodeUnknownExit(Frame)
  subscribe((message) => {
    const frame = decodeFrame(message)
    if (Exit.isFailure(frame))
      return onMalformed(new MalformedMessage({ stream: "?", problem: problemOf(frame.cause) }))
    for (const listener of listeners.get(frame.value.stream) ?? []) listener(frame.value.body)
  })
  return {
    post: send,
    listen: (stream, schema, listener) => {
      const decode = Schema.decodeUnknownExit(schema)
      const hear = (body: unknown): void => {
        const message = decode(body)
        if (Exit.isSuccess(message)) listener(message.value)
        else onMalformed(new MalformedMessage({ stream, problem: problemOf(message.cause) }))
      }
      const set = listeners.get(stream) ?? new Set()
      listeners.set(stream, set.add(hear))
      return () => set.delete(hear)
    },
  }
}
