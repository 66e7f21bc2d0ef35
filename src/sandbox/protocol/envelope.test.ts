import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../sandbox.ts"
import { MtprotoClient } from "../testing/mtproto-client.ts"
import type { TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

const LARGE = 300_000

const part = (filePart: number): Buffer =>
  encode({ _: "upload.saveFilePart", fileId: 1n, filePart, bytes: randomBytes(LARGE) } as TlObject)

describe("An encrypted frame", () => {
  let sandbox: Sandbox

  beforeAll(async () => {
    sandbox = await startSandbox({ world: { accounts: [], channels: [] } })
  })
  afterAll(() => sandbox.close())

  it("ends its connection when it was tampered with, which is counted, and no other one", async () => {
    using other = await MtprotoClient.connect(sandbox.endpoint)
    using client = await MtprotoClient.connect(sandbox.endpoint)
    const frame = client.seal({ body: part(0) })
    frame.writeUInt8(frame.readUInt8(LARGE / 2) ^ 1, LARGE / 2)
    client.sendFrame(frame)
    await sandbox.wait({ for: "connections", atMost: 1 })
    const { now, violationKinds } = sandbox.counters()
    expect(violationKinds).toEqual({ "message-key": 1 })
    expect(now).toMatchObject({ connections: 1, faults: 0 })
    sandbox.faults.add({ method: "messages.sendMedia", effect: { drop: "after" } })
    expect(sandbox.counters().now.faults).toBe(1)
    sandbox.faults.clear()
    expect(await other.ask({ _: "help.getNearestDc" })).toMatchObject({ _: "nearestDc" })
  })
})
