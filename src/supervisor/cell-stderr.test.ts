import { describe, expect, it } from "vitest"
import { lineOfStandardError } from "./cell-stderr.ts"

const fatal = "\u001b[1;31m[ 0][t 4][1795636962.773655176][Logging.cpp:160][#1][!Td][&client]\tasked to abort\u001b[0m"

describe("what a cell writes to its standard error", () => {
  it("is a line of TDLib's own log, at the level that TDLib gave it, without colours", () => {
    expect(lineOfStandardError(fatal)).toEqual({
      level: "fatal",
      message: "asked to abort",
      fields: { event: "tdlib.log", from: "Logging.cpp:160" },
    })
    expect(lineOfStandardError("[ 1][t 2][1.5][Td.cpp:7]\tno\ttabs are lost")).toMatchObject({
      level: "error",
      message: "no\ttabs are lost",
    })
    expect(lineOfStandardError("[ 2][t 2][1.5][Td.cpp:7]\tx").level).toBe("warn")
    expect(lineOfStandardError("[ 3][t 2][1.5][Td.cpp:7]\tx").level).toBe("info")
    expect(lineOfStandardError("[ 5][t 2][1.5][Td.cpp:7]\tx").level).toBe("debug")
  })

  it("is a warning when nobody knows it, and cut where it is long", () => {
    expect(lineOfStandardError("(node:1) Warning: something")).toEqual({
      level: "warn",
      message: "(node:1) Warning: something",
      fields: { event: "cell.stderr" },
    })
    expect(lineOfStandardError("x".repeat(10_000)).message).toHaveLength(2_000)
  })

  it("is of no interest where the warden repeats why it ends", () => {
    expect(lineOfStandardError('{"event":"cell.ended","reason":{"_tag":"Closed"}}').level).toBe("debug")
  })
})
