import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox, WaitTimeout } from "../sandbox.ts"
import { Stage } from "../testing/stage.ts"

const ALICE = "15550001"
const world = {
  accounts: [{ phone: ALICE, firstName: "Alice" }],
  channels: [{ name: "source", kind: "channel" as const, members: [ALICE] }],
}

describe("Waiting for something to happen", () => {
  let sandbox: Sandbox
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(new URL(path, sandbox.controlUrl), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  beforeAll(async () => {
    sandbox = await startSandbox({ world })
  })

  afterAll(async () => {
    await sandbox.close()
  })

  it("ends when a message is posted, and at once when it is there already", async () => {
    const waiting = ask("GET", "/wait?for=message&channel=source&text=hello")
    await ask("POST", "/messages", { channel: "source", text: "hello" })
    expect(await waiting).toEqual({ status: 200, body: { for: "message", count: 1 } })
    expect(await sandbox.wait({ for: "message", channel: "source", text: "hello" })).toEqual({
      for: "message",
      count: 1,
    })
  })

  it("ends in vain with 408 after its time", async () => {
    expect(await ask("GET", "/wait?for=login&account=15550001&timeoutMilliseconds=20")).toMatchObject({ status: 408 })
    await expect(sandbox.wait({ for: "connections", atLeast: 1 }, 20)).rejects.toBeInstanceOf(WaitTimeout)
  })

  it("says which parameter is wrong", async () => {
    const { body, status } = await ask("GET", "/wait?for=bytes&account=15550001&direction=sideways&atLeast=1")
    expect(status).toBe(400)
    expect(JSON.stringify(body["problems"])).toContain("direction")
  })

  it("ends at the login, the calls, the bytes and the connections of a TDLib", async () => {
    await using stage = await Stage.start(world)
    const connected = stage.sandbox.wait({ for: "connections", atLeast: 1 })
    const called = stage.sandbox.wait({ for: "call", method: "auth.signIn", phase: "answered" })
    const received = stage.sandbox.wait({ for: "bytes", account: ALICE, direction: "down", atLeast: 100 })
    const tdlib = await stage.logIn(ALICE)
    expect((await connected).count).toBeGreaterThan(0)
    expect(await called).toEqual({ for: "call", count: 1 })
    expect((await received).count).toBeGreaterThanOrEqual(100)
    expect(await stage.sandbox.wait({ for: "login", account: ALICE })).toEqual({ for: "login", count: 1 })
    expect(await stage.sandbox.wait({ for: "call", method: "auth.signIn", nth: 1 })).toMatchObject({ count: 1 })
    await tdlib.close()
    await stage.sandbox.wait({ for: "connections", atMost: 0 })
    expect(stage.errorLines).toEqual([])
  })
})

describe("Faults over the control interface", () => {
  it("are put in force, listed and taken away, and refused with what is wrong", async () => {
    await using stage = await Stage.start(world)
    const rule = { method: "help.getConfig", times: "always", effect: { delay: 1 } }
    expect(await stage.control("POST", "/faults", [rule])).toMatchObject({ faults: [{ id: 1, rule, struck: 0 }] })
    expect(await stage.control("GET", "/faults")).toMatchObject({ faults: [{ id: 1 }] })
    const response = await fetch(new URL("/faults/1", stage.sandbox.controlUrl), { method: "DELETE" })
    expect(response.status).toBe(200)
    expect(stage.sandbox.faults.list()).toEqual([])
    await expect(stage.control("POST", "/faults", { effect: { error: { code: 400 } } })).rejects.toThrow("text")
  })

  it("can be in the world from the start", async () => {
    const effect = { error: { code: 400, text: "PHONE_NUMBER_FLOOD" } }
    await using stage = await Stage.start({ ...world, faults: [{ method: "auth.sendCode", effect }] })
    await expect(stage.logIn(ALICE)).rejects.toThrow("PHONE_NUMBER_FLOOD")
  })
})

describe("A saved state", () => {
  it("is what another sandbox with the same world starts with", async () => {
    await using stage = await Stage.start(world)
    await stage.control("POST", "/messages", { channel: "source", text: "kept" })
    const directory = `${stage.directory.path}/saved`
    await stage.control("POST", "/save", { directory })
    await stage.control("POST", "/messages", { channel: "source", text: "too late" })
    await using other = await startSandbox({ world, stateDirectory: directory })
    expect(other.state().channels[0]?.messages.map(({ text }) => text)).toEqual(["kept"])
    await expect(stage.control("POST", "/save", { directory })).rejects.toThrow("409")
  })
})
