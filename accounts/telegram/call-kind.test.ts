import { createRequire } from "node:module"
import { describe, expect, it } from "vitest"
import { callKinds, kindOfCall, kindOfQuery } from "./call-kind.ts"

const schema = createRequire(import.meta.url)("@mtcute/tl/api-schema.json") as {
  readonly l: number
  readonly e: ReadonlyArray<{ readonly name: string; readonly id: number }>
}

describe("the kinds of calls", () => {
  it("name their queries by the ids that they have in TDLib's layer", () => {
    expect(schema.l).toBe(223)
    const ids = new Map(schema.e.map(({ id, name }) => [name, id >>> 0]))
    for (const { queries } of Object.values(callKinds))
      for (const [name, id] of Object.entries(queries)) expect([name, id]).toEqual([name, ids.get(name)])
  })

  it("put together what Telegram counts together, and leave the rest alone", () => {
    expect(kindOfCall("downloadFile")).toBe(kindOfQuery(0xbe5335be))
    expect(kindOfCall("getMe")).toBe("getMe")
    expect(kindOfQuery(1)).toBe("query 0x1")
  })
})
