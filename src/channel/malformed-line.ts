import type { LogLine } from "../log-line.ts"
import type { MalformedMessage } from "./frame.ts"

/** How it is logged that `from`, the other end of a hop, sent what is no message. */
export const malformedLine = (
  from: string,
  { problem, stream }: Pick<MalformedMessage, "problem" | "stream">,
): LogLine => ({
  level: "error",
  time: Date.now(),
  message: `What came from ${from} is no message`,
  fields: { event: "channel.malformed", stream, problem },
})
