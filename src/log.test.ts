import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { layerLogging, makeLogWriter } from "./log.ts"
import { logEvent, maskPhone } from "./log-line.ts"

const capture = () => {
  const lines: Array<Record<string, unknown>> = []
  const writer = makeLogWriter({ level: "info", stream: { write: (text) => void lines.push(JSON.parse(text)) } })
  return { lines, writer }
}

describe("the log", () => {
  it.effect("writes one JSON line per event, with its fields and its sentence", () => {
    const { lines, writer } = capture()
    return logEvent.info("part.sent", "Sent part 1 of 3", { part: 1, bytes: 5n }).pipe(
      Effect.annotateLogs({ account: "a1", hash: "ff" }),
      Effect.provide(layerLogging(writer, "info")),
      Effect.andThen(
        Effect.sync(() => {
          assert.lengthOf(lines, 1)
          assert.include(lines[0], {
            level: "info",
            event: "part.sent",
            msg: "Sent part 1 of 3",
            part: 1,
            bytes: "5",
            account: "a1",
            hash: "ff",
          })
        }),
      ),
    )
  })

  it.effect("leaves out what is less severe than the level", () => {
    const { lines, writer } = capture()
    return logEvent
      .debug("quiet", "not wanted")
      .pipe(Effect.provide(layerLogging(writer, "info")), Effect.andThen(Effect.sync(() => assert.lengthOf(lines, 0))))
  })

  it.effect("masks phones and removes secrets that somebody logged by mistake", () => {
    const { lines, writer } = capture()
    return logEvent.warn("careless", "oops", { phone: "15550001001", code: "12345", nested: { password: "p" } }).pipe(
      Effect.provide(layerLogging(writer, "info")),
      Effect.andThen(
        Effect.sync(() => {
          assert.include(lines[0], { phone: "155***01", code: "***" })
          assert.deepEqual(lines[0]?.["nested"], { password: "***" })
        }),
      ),
    )
  })

  it("shows too little of a phone number to call it", () => {
    assert.strictEqual(maskPhone("+1 555 000 1001"), "155***01")
    assert.strictEqual(maskPhone("123"), "***")
  })
})
