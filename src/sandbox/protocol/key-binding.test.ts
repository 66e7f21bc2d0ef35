import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../sandbox.ts"
import { MtprotoClient } from "../testing/mtproto-client.ts"
import { encryptIge, sha1 } from "./crypto.ts"
import type { TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

let sandbox: Sandbox
let permanent: MtprotoClient

beforeAll(async () => {
  sandbox = await startSandbox({ world: { accounts: [], channels: [] } })
  permanent = await MtprotoClient.connect(sandbox.endpoint)
})
afterAll(() => sandbox.close())

/** What a right proof says; a test changes one thing of it. */
const proof = (temporary: MtprotoClient, messageId: bigint, expiresAt: number) => ({
  messageId,
  sequence: 0,
  nonce: 77n,
  tempAuthKeyId: BigInt.asIntN(64, temporary.key.id),
  permAuthKeyId: BigInt.asIntN(64, permanent.key.id),
  tempSessionId: temporary.sessionId,
  expiresAt,
})

/** Encrypts as MTProto 1 does (core.telegram.org/mtproto/description_v1), with the permanent key. */
const encrypt = ({ messageId, sequence, ...binding }: ReturnType<typeof proof>): Buffer => {
  const body = encode({ _: "mt_bind_auth_key_inner", ...binding } as TlObject)
  const header = Buffer.concat([randomBytes(16), Buffer.alloc(16)])
  header.writeBigInt64LE(messageId, 16)
  header.writeInt32LE(sequence, 24)
  header.writeInt32LE(body.length, 28)
  const plain = Buffer.concat([header, body])
  const messageKey = sha1(plain).subarray(4)
  const { bytes, id } = permanent.key
  const a = sha1(messageKey, bytes.subarray(0, 32))
  const b = sha1(bytes.subarray(32, 48), messageKey, bytes.subarray(48, 64))
  const c = sha1(bytes.subarray(64, 96), messageKey)
  const d = sha1(messageKey, bytes.subarray(96, 128))
  const key = Buffer.concat([a.subarray(0, 8), b.subarray(8, 20), c.subarray(4, 16)])
  const iv = Buffer.concat([a.subarray(8, 20), b.subarray(0, 8), c.subarray(16, 20), d.subarray(0, 8)])
  const keyId = Buffer.alloc(8)
  keyId.writeBigUInt64LE(id)
  return Buffer.concat([keyId, messageKey, encryptIge(Buffer.concat([plain, randomBytes(8)]), { key, iv })])
}

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600

const bind = (
  temporary: MtprotoClient,
  change: Partial<ReturnType<typeof proof>>,
  expiresAt = inAnHour(),
): Promise<unknown> => {
  const messageId = temporary.nextMessageId()
  const encryptedMessage = encrypt({ ...proof(temporary, messageId, expiresAt), ...change })
  const permAuthKeyId = BigInt.asIntN(64, permanent.key.id)
  const request = { _: "auth.bindTempAuthKey", permAuthKeyId, nonce: 77n, expiresAt, encryptedMessage }
  return temporary.ask(request as TlObject, { messageId })
}

describe("A temporary key", () => {
  it("is bound by a right proof", async () => {
    using temporary = await MtprotoClient.connect(sandbox.endpoint, undefined, 3600)
    expect(await bind(temporary, {})).toBe(true)
  })

  it.each([
    ["message identifier", { messageId: 4n }],
    ["sequence number", { sequence: 1 }],
    ["nonce", { nonce: 78n }],
    ["temporary key", { tempAuthKeyId: 1n }],
    ["permanent key", { permAuthKeyId: 1n }],
    ["session", { tempSessionId: 1n }],
    ["end", { expiresAt: 5 }],
  ])("is not bound by a proof with a wrong %s, which is counted", async (_, change) => {
    using temporary = await MtprotoClient.connect(sandbox.endpoint, undefined, 3600)
    const before = sandbox.counters().violationKinds["key-binding"] ?? 0
    expect(await bind(temporary, change)).toMatchObject({ errorCode: 400, errorMessage: "ENCRYPTED_MESSAGE_INVALID" })
    expect(sandbox.counters().violationKinds["key-binding"]).toBe(before + 1)
  })

  it("is forgotten when its time is over", async () => {
    using temporary = await MtprotoClient.connect(sandbox.endpoint, undefined, 3600)
    await bind(temporary, {}, Math.floor(Date.now() / 1000))
    temporary.send({ body: encode({ _: "help.getNearestDc" }) })
    expect(await temporary.transportError()).toBe(-404)
  })

  it("has no account and is asked to be bound first when it is not", async () => {
    using temporary = await MtprotoClient.connect(sandbox.endpoint, undefined, 3600)
    expect(await temporary.ask({ _: "updates.getState" })).toMatchObject({
      errorCode: 401,
      errorMessage: "AUTH_KEY_PERM_EMPTY",
    })
  })
})
