import type { Frame, MalformedMessage } from "../src/channel/frame.ts"

/** A message that is for the warden itself: its tag says which, the rest is as it came. */
export type Tagged = Readonly<Record<string, unknown>> & { readonly _tag: string }

export type Malformed = Pick<MalformedMessage, "stream" | "problem">

/** What becomes of that which comes from one of the warden's two neighbours, the supervisor and the actor. */
export interface Hop {
  /** A message for the warden; the answer is false when it is none. */
  readonly hear: (message: Tagged) => boolean
  /** A frame for the other neighbour. */
  readonly passOn: (frame: Frame) => void
  /** What came is no message. */
  readonly onMalformed: (malformed: Malformed) => void
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isTagged = (value: unknown): value is Tagged => isRecord(value) && typeof value["_tag"] === "string"

const streams: Readonly<Record<Frame["stream"], true>> = {
  warden: true,
  commands: true,
  requests: true,
  log: true,
  measurements: true,
}
const isStream = (value: unknown): boolean => typeof value === "string" && Object.hasOwn(streams, value)

const isFrame = (value: unknown): value is Frame =>
  isRecord(value) && Object.hasOwn(value, "body") && isStream(value["stream"])

const sort = (message: unknown, { hear, passOn }: Hop): Malformed | undefined => {
  if (!isFrame(message)) return { stream: "?", problem: "it is no frame" }
  const { body, stream } = message
  if (stream !== "warden") passOn(message)
  else if (!isTagged(body)) return { stream, problem: 'it has no ["_tag"]' }
  else if (!hear(body)) return { stream, problem: `it is no such message: ${body._tag}` }
  return undefined
}

/**
 * Sorts what comes by its stream alone. No schema: what is passed on is decoded at its end, and for the few words that the
 * warden knows itself Effect would be loaded a second time into every cell (10 MiB, and time to start).
 */
export const sortInto =
  (hop: Hop) =>
  (message: unknown): void => {
    const malformed = sort(message, hop)
    if (malformed !== undefined) hop.onMalformed(malformed)
  }
