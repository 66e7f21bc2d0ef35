import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../sandbox.ts"
import { MtprotoClient } from "../testing/mtproto-client.ts"
import type { TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

const LARGE = 300_000

const part = (filePart: number): Buffer =>
  encode({ _: "upload.saveFilePart", fileId: 1n, filePart, bytes: randomBytes(LARGE) } as TlObject)

describe("A frame that is decrypted in a thread", () => {
  let sandbox: Sandbox

  beforeAll(async () => {
    sandbox = await startSandbox({ world: { accounts: [], channels: [] }, decryptionThreads: 2 })
  })
  afterAll(() => sandbox.close())

  it("keeps its place among the messages of its connection", async () => {
    using client = await MtprotoClient.connect(sandbox.endpoint)
    await client.ask({ _: "help.getNearestDc" })
    const sent = Array.from({ length: 24 }, (_, index) =>
      client.send({ body: index % 3 === 2 ? encode({ _: "help.getNearestDc" }) : part(index) }),
    )
    await client.message(({ queryId }) => queryId === sent.at(-1))
    const answered = client.received.flatMap(({ queryId }) => (queryId === undefined ? [] : [queryId]))
    expect(answered.slice(1)).toEqual(sent)
  })

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
