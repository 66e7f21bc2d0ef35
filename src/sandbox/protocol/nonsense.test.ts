import { connect } from "node:net"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../sandbox.ts"

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ world: { accounts: [], channels: [] } })
})
afterAll(() => sandbox.close())

/** Sends bytes, ends the sending side, and resolves when the server has closed the connection. */
const sendNonsense = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(sandbox.endpoint.port, "127.0.0.1", () => socket.end(bytes))
    socket.on("error", () => undefined)
    socket.on("close", () => resolve())
    socket.resume()
  })

describe("A client that speaks nonsense", () => {
  it("is disconnected and does not bring the server down", async () => {
    const socksStart = Buffer.from("050100050100017f0000010050", "hex")
    const anything = fc.uint8Array({ maxLength: 400 })
    const behindSocks = anything.map((bytes) => Buffer.concat([socksStart, bytes]))
    await fc.assert(fc.asyncProperty(fc.oneof(anything, behindSocks), sendNonsense), { numRuns: 300 })
    expect(sandbox.counters().defects).toEqual([])
    expect((await fetch(`${sandbox.controlUrl}/endpoint`)).status).toBe(200)
  })

  it("is counted", async () => {
    const before = sandbox.counters().violations
    await sendNonsense(new Uint8Array(64).fill(7))
    expect(sandbox.counters().violations).toBe(before + 1)
  })
})
