import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Stage } from "./testing/stage.ts"

const ALICE = "15550001"

describe("The log of calls", () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await Stage.start({
      accounts: [{ phone: ALICE, firstName: "Alice" }],
      channels: [{ name: "news", kind: "channel", members: [ALICE], messages: [{ text: "hello" }] }],
    })
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it("tells who called what, when, for how long, and with which error", async () => {
    const tdlib = await stage.logIn(ALICE)
    await expect(tdlib.invoke({ _: "searchPublicChat", username: "nobody_has_it" })).rejects.toThrow()
    const [failed] = stage.sandbox.log.read({ method: "contacts.resolveUsername" })
    expect(failed).toMatchObject({ account: ALICE, error: "USERNAME_NOT_OCCUPIED" })
    expect(failed?.milliseconds).toBeGreaterThanOrEqual(0)
    expect(stage.sandbox.log.read({ account: "" }).map(({ method }) => method)).toContain("auth.sendCode")
  })

  it("is read over HTTP, with a limit", async () => {
    const all = await stage.control("GET", `/log?account=${ALICE}`)
    const last = await stage.control("GET", `/log?account=${ALICE}&limit=1`)
    expect(all).toMatchObject({ calls: stage.sandbox.log.read({ account: ALICE }) })
    expect(last).toEqual({ calls: stage.sandbox.log.read({ account: ALICE }).slice(-1) })
    await expect(stage.control("GET", "/log?limit=many")).rejects.toThrow("limit: Expected a whole number, found many")
  })

  it("is of a TDLib that prints no error line", () => {
    expect(stage.errorLines).toEqual([])
  })
})
