import * as Schema from "effect/Schema"

/**
 * What crosses the two hops supervisor <-> warden <-> actor. The warden reads the stream `warden` itself and passes
 * everything else on unread.
 *
 * - `warden`: {@link WardenMessage} and {@link SupervisorMessage}
 * - `commands`: supervisor calls the account (AccountRpcs)
 * - `requests`: the account calls the supervisor (SupervisorRpcs)
 * - `log`: {@link LogLine}
 */
export const Frame = Schema.Struct({
  stream: Schema.Literals(["warden", "commands", "requests", "log"]),
  body: Schema.Unknown,
})
export type Frame = typeof Frame.Type

/** One end of a hop. `post` never throws: a frame to an end that is gone is dropped. */
export interface FramePort {
  readonly post: (frame: Frame) => void
  /** Registers a listener for frames of one stream; returns the function that removes it. */
  readonly listen: (stream: Frame["stream"], listener: (body: unknown) => void) => () => void
}

const isFrame = Schema.is(Frame)

/**
 * Makes a {@link FramePort} of a raw sender and a raw subscription.
 * @param onMalformed told about every message that is not a frame: a bug in the other end
 */
export const makeFramePort = (
  send: (message: unknown) => void,
  subscribe: (listener: (message: unknown) => void) => void,
  onMalformed: (message: unknown) => void,
): FramePort => {
  const listeners = new Map<Frame["stream"], Set<(body: unknown) => void>>()
  subscribe((message) => {
    if (!isFrame(message)) return onMalformed(message)
    for (const listener of listeners.get(message.stream) ?? []) listener(message.body)
  })
  return {
    post: send,
    listen: (stream, listener) => {
      const set = listeners.get(stream) ?? new Set()
      listeners.set(stream, set.add(listener))
      return () => set.delete(listener)
    },
  }
}
