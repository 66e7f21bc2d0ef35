import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Frame } from "../src/channel/frame.ts"
import { type Malformed, sortInto, type Tagged } from "./warden-hop.ts"

/** What becomes of a message, if the warden knows messages of these tags. */
const fateOf = (message: unknown, ...known: ReadonlyArray<string>) => {
  const heard: Array<Tagged> = []
  const passedOn: Array<Frame> = []
  const malformed: Array<Malformed> = []
  sortInto({
    hear: (tagged) => known.includes(tagged._tag) && heard.push(tagged) > 0,
    passOn: (frame) => passedOn.push(frame),
    onMalformed: (error) => malformed.push(error),
  })(message)
  return { heard, passedOn, malformed }
}

const frames = fc.record({
  stream: fc.oneof(fc.constantFrom("warden", "commands", "requests", "log", "measurements", "toString"), fc.anything()),
  body: fc.oneof(fc.record({ _tag: fc.constantFrom("Start", "Ready", "None") }), fc.anything()),
})

describe("a hop to the warden", () => {
  it("takes for frames what the schema of frames does, and says of all else that it is none", () => {
    fc.assert(
      fc.property(fc.oneof(frames, fc.anything()), (message) => {
        const { malformed } = fateOf(message)
        expect(malformed.every(({ stream }) => stream !== "?")).toBe(Schema.is(Frame)(message))
      }),
    )
  })

  it("passes on, as it is, whatever is not for the warden", () => {
    fc.assert(
      fc.property(fc.constantFrom("commands", "requests", "log", "measurements"), fc.anything(), (stream, body) => {
        const frame = { stream, body }
        const { passedOn } = fateOf(frame)
        expect(passedOn[0]).toBe(frame)
      }),
    )
  })

  it("gives the warden what it knows, and says what it does not know", () => {
    const ready = { _tag: "Ready" }
    expect(fateOf({ stream: "warden", body: ready }, "Ready")).toEqual({ heard: [ready], passedOn: [], malformed: [] })
    const problem = "it is no such message: Ready"
    expect(fateOf({ stream: "warden", body: ready }).malformed).toEqual([{ stream: "warden", problem }])
    expect(fateOf({ stream: "warden", body: 7 }).malformed).toEqual([
      { stream: "warden", problem: 'it has no ["_tag"]' },
    ])
  })
})
